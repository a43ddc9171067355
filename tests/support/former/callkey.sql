BEGIN TRANSACTION;
CREATE TABLE api_keys (
	hash BLOB NOT NULL PRIMARY KEY,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	created INTEGER NOT NULL
, id TEXT NOT NULL DEFAULT '', until INTEGER NOT NULL DEFAULT 0, networks TEXT NOT NULL DEFAULT '', certificates TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
INSERT INTO "api_keys" VALUES(X'D868C67874E14603939C6785EC77011A2E215386EAEC9CAB89E8EEEA55F2AE6D','mer_09cehjfmf0gqxy5pjq3wbvpgy4',1795658380158,'key_3aj1e615x0p667e5spytt330ta',0,'','');
CREATE TABLE attempts (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	verb TEXT NOT NULL,
	state TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
	currency TEXT NOT NULL,
	code TEXT NOT NULL,
	message TEXT NOT NULL,
	tid TEXT NOT NULL,
	approval_no TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
, pg TEXT NOT NULL DEFAULT '', fingerprint BLOB NOT NULL DEFAULT x'', counted_day INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "attempts" VALUES(1,'ord_4s6kvydre8750jfgfdsm37bj30','reg_02kfzny62tjv902dqqg2x12a2q','verify','ok',0,'KRW','','','tid_6vm0f09mf94ycz7tyew9ddr5ap','',1795658380631,1795658380648,'sandbox',X'42216162CBA0CD0051836F631C3234CC5D286FE7F14B5910ECB0DCC7EC9BBC82',20783);
INSERT INTO "attempts" VALUES(2,'ord_266kgewaysv86s5fcmdxj8p93r','reg_5pm0y2tcarhky622z3h613bwd7','verify','ok',0,'KRW','','','tid_3phg0h6976qh566vj2gaz5nkn6','',1795658381031,1795658381042,'sandbox',X'5033716D6BD4F39159E6D0A2535F40EEF3C77D3310FB1695515590DE7FAF7673',20783);
INSERT INTO "attempts" VALUES(3,'ord_3z653nvdr83zjaqd62f8gnfws7','pay_2xfxb1pw8w4sj2q8nk5wemx882','pay','ok',53000,'KRW','','','tid_7x987xmqd414kcs1fszck0b1fk','73245138',1795658381219,1795658381224,'sandbox',X'0000000000000000000000000000000000000000000000000000000000000000',0);
CREATE TABLE billing_keys (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	registration TEXT NOT NULL,
	customer_ref TEXT NOT NULL,
	pg TEXT NOT NULL,
	pg_billing_key TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('issued', 'suspended', 'deleted')),
	phone TEXT NOT NULL,
	card_bin TEXT NOT NULL CHECK (length(card_bin) <= 8),
	card_last4 TEXT NOT NULL CHECK (length(card_last4) <= 4),
	card_brand TEXT NOT NULL,
	card_issuer TEXT NOT NULL,
	card_type INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	delete_reason TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	last_used INTEGER NOT NULL
) STRICT;
INSERT INTO "billing_keys" VALUES(1,'bk_7fxaxz5ze9vtgrae96g1f8skm3','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_02kfzny62tjv902dqqg2x12a2q','customer-1','sandbox','sealed/1/1/BbusoN8TMB4k5WDNzwUTvxw3fFCEV2WxBYjpBN-HpabEIlut43OhOGIz5laTasCrFCGFsaeboe_REg','issued','01071829301','94612000','5673','local','shinhan',1,X'42216162CBA0CD0051836F631C3234CC5D286FE7F14B5910ECB0DCC7EC9BBC82','',1795658380648,1795658381224,1795658381224);
INSERT INTO "billing_keys" VALUES(2,'bk_5w1108d6a1vz5rv8cy4dz85758','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_5pm0y2tcarhky622z3h613bwd7','customer-1','sandbox','sealed/1/1/j6fXdQqnmHyt2gxjIjNpzAOdRGj3FOYllKwztkKdfYv-Rz-ctOyi-sKPN-4qGrFivebZdOx1ZqzSIg','issued','01071829302','94300000','0019','local','kb',2,X'5033716D6BD4F39159E6D0A2535F40EEF3C77D3310FB1695515590DE7FAF7673','',1795658381042,1795658381042,0);
CREATE TABLE call_steps (
	seq INTEGER PRIMARY KEY,
	call TEXT NOT NULL REFERENCES calls (id),
	at INTEGER NOT NULL,
	what TEXT NOT NULL,
	step TEXT NOT NULL,
	detail TEXT NOT NULL
) STRICT;
INSERT INTO "call_steps" VALUES(1,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380488,'step','greeting','');
INSERT INTO "call_steps" VALUES(2,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380488,'prompt','greeting','greet.neutral');
INSERT INTO "call_steps" VALUES(3,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380498,'step','holder','');
INSERT INTO "call_steps" VALUES(4,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380498,'holder','holder','ok');
INSERT INTO "call_steps" VALUES(5,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380498,'step','consent','');
INSERT INTO "call_steps" VALUES(6,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380498,'prompt','consent','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu');
INSERT INTO "call_steps" VALUES(7,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380561,'key','consent','agree');
INSERT INTO "call_steps" VALUES(8,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380561,'consent','consent','registration');
INSERT INTO "call_steps" VALUES(9,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380561,'step','card','');
INSERT INTO "call_steps" VALUES(10,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380561,'prompt','card','card.ready card.number keys.field');
INSERT INTO "call_steps" VALUES(11,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380589,'field','card','complete');
INSERT INTO "call_steps" VALUES(12,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380589,'step','expiry','');
INSERT INTO "call_steps" VALUES(13,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380589,'prompt','expiry','card.expiry');
INSERT INTO "call_steps" VALUES(14,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380592,'field','expiry','complete');
INSERT INTO "call_steps" VALUES(15,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380592,'step','identity','');
INSERT INTO "call_steps" VALUES(16,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380592,'prompt','identity','card.identity');
INSERT INTO "call_steps" VALUES(17,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380600,'field','identity','complete');
INSERT INTO "call_steps" VALUES(18,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380600,'step','password','');
INSERT INTO "call_steps" VALUES(19,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380600,'prompt','password','card.password2');
INSERT INTO "call_steps" VALUES(20,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380607,'field','password','complete');
INSERT INTO "call_steps" VALUES(21,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380607,'step','confirm','');
INSERT INTO "call_steps" VALUES(22,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380607,'prompt','confirm','card.confirm num.5 num.6 num.7 num.3 end.is card.confirm.menu keys.menu');
INSERT INTO "call_steps" VALUES(23,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380631,'key','confirm','yes');
INSERT INTO "call_steps" VALUES(24,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380631,'step','verify','');
INSERT INTO "call_steps" VALUES(25,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380631,'prompt','verify','verify.wait wait.music');
INSERT INTO "call_steps" VALUES(26,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380648,'pg','verify','ok');
INSERT INTO "call_steps" VALUES(27,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380648,'step','registered','');
INSERT INTO "call_steps" VALUES(28,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380648,'prompt','registered','reg.verified reg.done bye');
INSERT INTO "call_steps" VALUES(29,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380697,'end','registered','completed');
INSERT INTO "call_steps" VALUES(30,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380885,'step','greeting','');
INSERT INTO "call_steps" VALUES(31,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380885,'prompt','greeting','greet.neutral');
INSERT INTO "call_steps" VALUES(32,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380894,'step','holder','');
INSERT INTO "call_steps" VALUES(33,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380894,'holder','holder','ok');
INSERT INTO "call_steps" VALUES(34,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380894,'step','consent','');
INSERT INTO "call_steps" VALUES(35,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380894,'prompt','consent','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu');
INSERT INTO "call_steps" VALUES(36,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380962,'key','consent','agree');
INSERT INTO "call_steps" VALUES(37,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380962,'consent','consent','registration');
INSERT INTO "call_steps" VALUES(38,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380962,'step','card','');
INSERT INTO "call_steps" VALUES(39,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380962,'prompt','card','card.ready card.number keys.field');
INSERT INTO "call_steps" VALUES(40,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380983,'field','card','complete');
INSERT INTO "call_steps" VALUES(41,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380983,'step','expiry','');
INSERT INTO "call_steps" VALUES(42,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380983,'prompt','expiry','card.expiry');
INSERT INTO "call_steps" VALUES(43,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380993,'field','expiry','complete');
INSERT INTO "call_steps" VALUES(44,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380993,'step','identity','');
INSERT INTO "call_steps" VALUES(45,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380993,'prompt','identity','card.identity');
INSERT INTO "call_steps" VALUES(46,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381005,'field','identity','complete');
INSERT INTO "call_steps" VALUES(47,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381005,'step','password','');
INSERT INTO "call_steps" VALUES(48,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381005,'prompt','password','card.password2');
INSERT INTO "call_steps" VALUES(49,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381010,'field','password','complete');
INSERT INTO "call_steps" VALUES(50,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381010,'step','confirm','');
INSERT INTO "call_steps" VALUES(51,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381010,'prompt','confirm','card.confirm num.0 num.0 num.1 num.9 end.is card.confirm.menu keys.menu');
INSERT INTO "call_steps" VALUES(52,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381031,'key','confirm','yes');
INSERT INTO "call_steps" VALUES(53,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381031,'step','verify','');
INSERT INTO "call_steps" VALUES(54,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381031,'prompt','verify','verify.wait wait.music');
INSERT INTO "call_steps" VALUES(55,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381042,'pg','verify','ok');
INSERT INTO "call_steps" VALUES(56,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381042,'step','registered','');
INSERT INTO "call_steps" VALUES(57,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381042,'prompt','registered','reg.verified reg.done bye');
INSERT INTO "call_steps" VALUES(58,'call_1yv46q9qm5mbne6n9pw29707ra',1795658381080,'end','registered','completed');
INSERT INTO "call_steps" VALUES(59,'call_6th8csdasbpmczqg08y8f6g4re',1795658381128,'step','greeting','');
INSERT INTO "call_steps" VALUES(60,'call_6th8csdasbpmczqg08y8f6g4re',1795658381128,'prompt','greeting','greet.neutral');
INSERT INTO "call_steps" VALUES(61,'call_6th8csdasbpmczqg08y8f6g4re',1795658381149,'step','holder','');
INSERT INTO "call_steps" VALUES(62,'call_6th8csdasbpmczqg08y8f6g4re',1795658381149,'holder','holder','ok');
INSERT INTO "call_steps" VALUES(63,'call_6th8csdasbpmczqg08y8f6g4re',1795658381149,'step','choose_card','');
INSERT INTO "call_steps" VALUES(64,'call_6th8csdasbpmczqg08y8f6g4re',1795658381149,'prompt','choose_card','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd pay.asks pay.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is pay.amount n.5 n.man n.3 n.1000 unit.won end.is cycle.once pay.menu.registered issuer.shinhan card.ending num.5 num.6 num.7 num.3 pay.menu.use_it pay.menu.other');
INSERT INTO "call_steps" VALUES(65,'call_6th8csdasbpmczqg08y8f6g4re',1795658381219,'key','choose_card','registered_card');
INSERT INTO "call_steps" VALUES(66,'call_6th8csdasbpmczqg08y8f6g4re',1795658381219,'consent','choose_card','payment');
INSERT INTO "call_steps" VALUES(67,'call_6th8csdasbpmczqg08y8f6g4re',1795658381219,'step','authorize','');
INSERT INTO "call_steps" VALUES(68,'call_6th8csdasbpmczqg08y8f6g4re',1795658381219,'prompt','authorize','pay.wait wait.music');
INSERT INTO "call_steps" VALUES(69,'call_6th8csdasbpmczqg08y8f6g4re',1795658381224,'pg','authorize','ok');
INSERT INTO "call_steps" VALUES(70,'call_6th8csdasbpmczqg08y8f6g4re',1795658381224,'step','approved','');
INSERT INTO "call_steps" VALUES(71,'call_6th8csdasbpmczqg08y8f6g4re',1795658381224,'prompt','approved','n.5 n.man n.3 n.1000 unit.won pay.approved pay.approval_menu');
INSERT INTO "call_steps" VALUES(72,'call_6th8csdasbpmczqg08y8f6g4re',1795658381292,'prompt','approved','err.no_input n.5 n.man n.3 n.1000 unit.won pay.approved pay.approval_menu');
INSERT INTO "call_steps" VALUES(73,'call_6th8csdasbpmczqg08y8f6g4re',1795658381362,'step','bye','');
INSERT INTO "call_steps" VALUES(74,'call_6th8csdasbpmczqg08y8f6g4re',1795658381362,'prompt','bye','err.no_input bye');
INSERT INTO "call_steps" VALUES(75,'call_6th8csdasbpmczqg08y8f6g4re',1795658381384,'end','bye','completed');
INSERT INTO "call_steps" VALUES(76,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381440,'step','greeting','');
INSERT INTO "call_steps" VALUES(77,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381440,'prompt','greeting','greet.neutral');
INSERT INTO "call_steps" VALUES(78,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381469,'step','holder','');
INSERT INTO "call_steps" VALUES(79,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381469,'holder','holder','ok');
INSERT INTO "call_steps" VALUES(80,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381469,'step','consent','');
INSERT INTO "call_steps" VALUES(81,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381469,'prompt','consent','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu');
INSERT INTO "call_steps" VALUES(82,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381547,'key','consent','agree');
INSERT INTO "call_steps" VALUES(83,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381547,'consent','consent','registration');
INSERT INTO "call_steps" VALUES(84,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381547,'step','card','');
INSERT INTO "call_steps" VALUES(85,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381547,'prompt','card','card.ready card.number keys.field');
INSERT INTO "call_steps" VALUES(86,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381554,'end','card','abandoned');
INSERT INTO "call_steps" VALUES(87,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381562,'step','greeting','');
INSERT INTO "call_steps" VALUES(88,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381562,'prompt','greeting','greet.neutral');
INSERT INTO "call_steps" VALUES(89,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381574,'step','holder','');
INSERT INTO "call_steps" VALUES(90,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381574,'holder','holder','wrong_caller');
INSERT INTO "call_steps" VALUES(91,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381574,'step','wrong_caller','');
INSERT INTO "call_steps" VALUES(92,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381574,'prompt','wrong_caller','wrong_caller');
INSERT INTO "call_steps" VALUES(93,'call_71agk19kmedjqcm1d1nxfqxxjy',1795658381616,'end','wrong_caller','holder_mismatch');
CREATE TABLE calls (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	line_call INTEGER NOT NULL,
	span INTEGER NOT NULL,
	channel INTEGER NOT NULL,
	called TEXT NOT NULL,
	caller TEXT NOT NULL,
	screening INTEGER NOT NULL,
	presentation INTEGER NOT NULL,
	diverted INTEGER NOT NULL,
	request TEXT NOT NULL,
	merchant TEXT NOT NULL,
	scenario TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	state TEXT NOT NULL,
	step TEXT NOT NULL,
	cause INTEGER NOT NULL,
	offered INTEGER NOT NULL,
	answered INTEGER NOT NULL,
	ended INTEGER NOT NULL
) STRICT;
INSERT INTO "calls" VALUES(1,'call_0kt3et21vtzja3hx5z1g3xddva',1882884281397673985,1,1,'07012340681','01071829301',3,1,0,'reg_02kfzny62tjv902dqqg2x12a2q','mer_09cehjfmf0gqxy5pjq3wbvpgy4','registration','ko','normal','completed','registered',16,1795658380487,1795658380488,1795658380697);
INSERT INTO "calls" VALUES(2,'call_1yv46q9qm5mbne6n9pw29707ra',1882884281397673986,1,1,'07012340961','01071829302',3,1,0,'reg_5pm0y2tcarhky622z3h613bwd7','mer_09cehjfmf0gqxy5pjq3wbvpgy4','registration','ko','normal','completed','registered',16,1795658380883,1795658380885,1795658381080);
INSERT INTO "calls" VALUES(3,'call_6th8csdasbpmczqg08y8f6g4re',1882884281397673987,1,1,'07012340274','01071829301',3,1,0,'pay_2xfxb1pw8w4sj2q8nk5wemx882','mer_09cehjfmf0gqxy5pjq3wbvpgy4','payment','ko','normal','completed','bye',16,1795658381110,1795658381128,1795658381384);
INSERT INTO "calls" VALUES(4,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1882884281397673988,1,1,'07012340877','01071829304',3,1,0,'reg_0ax8q30h96rhmnbfjdk638zn92','mer_09cehjfmf0gqxy5pjq3wbvpgy4','registration','ko','normal','abandoned','card',16,1795658381430,1795658381440,1795658381554);
INSERT INTO "calls" VALUES(5,'call_71agk19kmedjqcm1d1nxfqxxjy',1882884281397673989,1,1,'07012340877','01071829305',3,1,0,'','','registration','ko','normal','holder_mismatch','wrong_caller',16,1795658381554,1795658381562,1795658381616);
CREATE TABLE cancellations (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	merchant TEXT NOT NULL,
	pg TEXT NOT NULL,
	order_id TEXT NOT NULL,
	tid TEXT NOT NULL,
	ordered INTEGER NOT NULL,
	state TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
	currency TEXT NOT NULL,
	tax_free_minor INTEGER NOT NULL CHECK (tax_free_minor >= 0),
	vat_minor INTEGER NOT NULL CHECK (vat_minor >= -1),
	whole INTEGER NOT NULL,
	reason TEXT NOT NULL,
	requester TEXT NOT NULL,
	code TEXT NOT NULL,
	message TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	canceled INTEGER NOT NULL
) STRICT;
CREATE TABLE column_jobs (
	name TEXT NOT NULL PRIMARY KEY,
	data_key INTEGER NOT NULL,
	at INTEGER NOT NULL,
	renewed INTEGER NOT NULL,
	unreadable INTEGER NOT NULL,
	done INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "column_jobs" VALUES('billing_keys',0,0,0,0,0);
INSERT INTO "column_jobs" VALUES('outbox',0,0,0,0,0);
CREATE TABLE column_keys (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	version INTEGER NOT NULL,
	wrapped BLOB NOT NULL UNIQUE,
	created INTEGER NOT NULL
) STRICT;
INSERT INTO "column_keys" VALUES(1,1,X'3019290101471717BE6C10EEE5B3B99B42EE2B2ACE84AA3F28ECB148AA3D7036C8DA691DFEE1D877C24FE2A17F99AA62BEF911E20B4B4B54CDAA19EA',1795658379837);
CREATE TABLE consent_chain (
	number INTEGER NOT NULL PRIMARY KEY,
	id TEXT NOT NULL UNIQUE REFERENCES consents (id),
	merchant TEXT NOT NULL REFERENCES merchants (id),
	request TEXT NOT NULL REFERENCES requests (id),
	record TEXT NOT NULL,
	previous BLOB NOT NULL,
	record_hash BLOB NOT NULL,
	link_hash BLOB NOT NULL,
	sign_key TEXT NOT NULL,
	signature BLOB NOT NULL,
	at INTEGER NOT NULL
) STRICT;
INSERT INTO "consent_chain" VALUES(1,'con_7wmfbambwkafe1z5v7wgkgjt8z','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_02kfzny62tjv902dqqg2x12a2q','{"format":"callkey-consent/1","id":"con_7wmfbambwkafe1z5v7wgkgjt8z","number":1,"previous":"0000000000000000000000000000000000000000000000000000000000000000","consent":{"to":"registration","key":"1","at":"2026-11-26T01:59:40.561Z"},"request":{"id":"reg_02kfzny62tjv902dqqg2x12a2q","object":"registration","merchant":"mer_09cehjfmf0gqxy5pjq3wbvpgy4","order_id":null,"merchant_name":"Former Shop","product_name":"월간 구독","amount":null,"cycle":"monthly"},"call":{"id":"call_0kt3et21vtzja3hx5z1g3xddva","called":"07012340681","caller":"01071829301","screening":"network","presentation_allowed":true,"diverted":false,"offered_at":"2026-11-26T01:59:40.487Z","answered_at":"2026-11-26T01:59:40.488Z"},"scenario":{"name":"registration","sha256":"05415e215350b24e8dcb5fb19e34238df82a35c31209cf379bd5661f7bec8d61"},"language":"ko","speed":"normal","played":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu","prompts":[{"id":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd","text":"Former Shop","sound_sha256":"00edca1d92c94d74be501e4ef9bab3ec7c627b75d2a4c8d42dfa2c67cb7e5ab4"},{"id":"reg.asks","text":"에서 자동 결제에 쓸 카드를 등록해 달라고 요청했습니다.","sound_sha256":"49791ee10a765a093fd3a492225d5b9411696cea508984e7ba3da029780e739c"},{"id":"reg.product","text":"신청하신 상품은","sound_sha256":"569921b25c10a883f5af684337a4b12853a66a0080622f39d177350224d14d4a"},{"id":"speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975","text":"월간 구독","sound_sha256":"3ee70e01d4e71a3d581f19ef76cc67fa4314ff1540f0b62a3d8e7a793ebaef94"},{"id":"end.is","text":"입니다.","sound_sha256":"573b0bdb038d9e11877f06e93df9545256cd2ac20094317e3e8c54639336cb99"},{"id":"reg.amount.varies","text":"결제 금액은 이용하신 만큼 달라집니다.","sound_sha256":"b54ec8c3125f7e96cd6ac8a2ada2cfcbaafb9727d95d8d18d4d718ecaf950d97"},{"id":"cycle.monthly","text":"매월 한 번 자동으로 결제됩니다.","sound_sha256":"18601beeae35a06480c0550edbc34778b47ae4e77751650989d11c36aad6d256"},{"id":"reg.consent","text":"등록하시면 앞으로 전화 없이 등록하신 카드로 자동 결제됩니다.","sound_sha256":"a02d86b5ef5823761c11c67f9203e34a097e0075949c9aa003a124ab0168dcf7"},{"id":"reg.menu","text":"동의하고 카드를 등록하시려면 1번, 등록하지 않으시려면 2번을 눌러 주십시오.","sound_sha256":"7f3b9e18affb30b0962cc184d92acfc7ddb7e5f48d633d7a073917146ba211ad"}],"software":"callkey 2964dbc"}',X'0000000000000000000000000000000000000000000000000000000000000000',X'65F6CA1AB65D7A441083E6FF3A2EDCEDF736BCB88640A5E1AE81EA756A6E67D0',X'51757F28C29B72D8237D2E1320C5F55A4336330416AE2C4F4AB96C14F411FEAD','5d27ea6d4170b54c3de676b32047e361601a1c486c986cda17cc73e60da53270',X'F259579B5D194A3FDF475D41C81DD89ABEA5DFBCAF0A53F0D21519C4775F50A4D636C7DB7D713B14FA6801BFDF0AAC55A76207D2A5391AD2D310523525CB8309',1795658380561);
INSERT INTO "consent_chain" VALUES(2,'con_7gskwn06dpqbaxn5d6tvhgw063','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_5pm0y2tcarhky622z3h613bwd7','{"format":"callkey-consent/1","id":"con_7gskwn06dpqbaxn5d6tvhgw063","number":2,"previous":"51757f28c29b72d8237d2e1320c5f55a4336330416ae2c4f4ab96c14f411fead","consent":{"to":"registration","key":"1","at":"2026-11-26T01:59:40.962Z"},"request":{"id":"reg_5pm0y2tcarhky622z3h613bwd7","object":"registration","merchant":"mer_09cehjfmf0gqxy5pjq3wbvpgy4","order_id":null,"merchant_name":"Former Shop","product_name":"월간 구독","amount":null,"cycle":"monthly"},"call":{"id":"call_1yv46q9qm5mbne6n9pw29707ra","called":"07012340961","caller":"01071829302","screening":"network","presentation_allowed":true,"diverted":false,"offered_at":"2026-11-26T01:59:40.883Z","answered_at":"2026-11-26T01:59:40.885Z"},"scenario":{"name":"registration","sha256":"05415e215350b24e8dcb5fb19e34238df82a35c31209cf379bd5661f7bec8d61"},"language":"ko","speed":"normal","played":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu","prompts":[{"id":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd","text":"Former Shop","sound_sha256":"00edca1d92c94d74be501e4ef9bab3ec7c627b75d2a4c8d42dfa2c67cb7e5ab4"},{"id":"reg.asks","text":"에서 자동 결제에 쓸 카드를 등록해 달라고 요청했습니다.","sound_sha256":"49791ee10a765a093fd3a492225d5b9411696cea508984e7ba3da029780e739c"},{"id":"reg.product","text":"신청하신 상품은","sound_sha256":"569921b25c10a883f5af684337a4b12853a66a0080622f39d177350224d14d4a"},{"id":"speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975","text":"월간 구독","sound_sha256":"3ee70e01d4e71a3d581f19ef76cc67fa4314ff1540f0b62a3d8e7a793ebaef94"},{"id":"end.is","text":"입니다.","sound_sha256":"573b0bdb038d9e11877f06e93df9545256cd2ac20094317e3e8c54639336cb99"},{"id":"reg.amount.varies","text":"결제 금액은 이용하신 만큼 달라집니다.","sound_sha256":"b54ec8c3125f7e96cd6ac8a2ada2cfcbaafb9727d95d8d18d4d718ecaf950d97"},{"id":"cycle.monthly","text":"매월 한 번 자동으로 결제됩니다.","sound_sha256":"18601beeae35a06480c0550edbc34778b47ae4e77751650989d11c36aad6d256"},{"id":"reg.consent","text":"등록하시면 앞으로 전화 없이 등록하신 카드로 자동 결제됩니다.","sound_sha256":"a02d86b5ef5823761c11c67f9203e34a097e0075949c9aa003a124ab0168dcf7"},{"id":"reg.menu","text":"동의하고 카드를 등록하시려면 1번, 등록하지 않으시려면 2번을 눌러 주십시오.","sound_sha256":"7f3b9e18affb30b0962cc184d92acfc7ddb7e5f48d633d7a073917146ba211ad"}],"software":"callkey 2964dbc"}',X'51757F28C29B72D8237D2E1320C5F55A4336330416AE2C4F4AB96C14F411FEAD',X'8D39554386B1605143E318BCDC2F522303E60BA00D051E3901EAA03D06E93406',X'897ABE8396E0958BD99B1A8D1C33406AEC08B8595C55F0E7F08FEA67E121D9FE','5d27ea6d4170b54c3de676b32047e361601a1c486c986cda17cc73e60da53270',X'0A9EE9F03216E35AD4137D35FF643917C45C82B24CCD3F0F53BBBB01694FF9B3BC7BAAF44A4BD6FFA7CA4D86F1D6ADE38CBF7767970FDB039DD3371CC3EDF60E',1795658380962);
INSERT INTO "consent_chain" VALUES(3,'con_39be9kcnvvs973aghs16edmbmf','mer_09cehjfmf0gqxy5pjq3wbvpgy4','pay_2xfxb1pw8w4sj2q8nk5wemx882','{"format":"callkey-consent/1","id":"con_39be9kcnvvs973aghs16edmbmf","number":3,"previous":"897abe8396e0958bd99b1a8d1c33406aec08b8595c55f0e7f08fea67e121d9fe","consent":{"to":"payment","key":"1","at":"2026-11-26T01:59:41.219Z"},"request":{"id":"pay_2xfxb1pw8w4sj2q8nk5wemx882","object":"payment","merchant":"mer_09cehjfmf0gqxy5pjq3wbvpgy4","order_id":"order-6cbdc0299a28","merchant_name":"Former Shop","product_name":"월간 구독","amount":{"total":53000,"currency":"KRW"},"cycle":"once"},"call":{"id":"call_6th8csdasbpmczqg08y8f6g4re","called":"07012340274","caller":"01071829301","screening":"network","presentation_allowed":true,"diverted":false,"offered_at":"2026-11-26T01:59:41.110Z","answered_at":"2026-11-26T01:59:41.128Z"},"scenario":{"name":"payment","sha256":"60ed634a39062abcf09c64323be462cf06ec16f70241c5d76c66a9f7818e221a"},"language":"ko","speed":"normal","played":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd pay.asks pay.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is pay.amount n.5 n.man n.3 n.1000 unit.won end.is cycle.once pay.menu.registered issuer.shinhan card.ending num.5 num.6 num.7 num.3 pay.menu.use_it pay.menu.other","prompts":[{"id":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd","text":"Former Shop","sound_sha256":"00edca1d92c94d74be501e4ef9bab3ec7c627b75d2a4c8d42dfa2c67cb7e5ab4"},{"id":"pay.asks","text":"에서 결제를 요청했습니다.","sound_sha256":"464b2eb007680a6c02045add35f236149d70cc602eaad84d884d102bf8be92f2"},{"id":"pay.product","text":"상품은","sound_sha256":"9caeff419e9f3b862f18f4c1e49b8ec2289bc40cb1f82c8cf7c49bb1998162b2"},{"id":"speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975","text":"월간 구독","sound_sha256":"3ee70e01d4e71a3d581f19ef76cc67fa4314ff1540f0b62a3d8e7a793ebaef94"},{"id":"end.is","text":"입니다.","sound_sha256":"573b0bdb038d9e11877f06e93df9545256cd2ac20094317e3e8c54639336cb99"},{"id":"pay.amount","text":"결제하실 금액은","sound_sha256":"a189338036cddad6315f5701a07b45c2c442eb44793331c235191cc52f2fa260"},{"id":"n.5","text":"오","sound_sha256":"55ffccb34b8a826143db6727b47c794a8e3fb85ba76e91301efe75d8e10d4e37"},{"id":"n.man","text":"만","sound_sha256":"e90814aaf672af252b460109dd7b78cbd2a1862c1aa9c28603a8de5e70b94702"},{"id":"n.3","text":"삼","sound_sha256":"409d358dcf16dfa90f332a9155c426d92c6a26d8bae32b53b43a43f4d7847a40"},{"id":"n.1000","text":"천","sound_sha256":"bee67d1cdc2de9f7b0fb6fafe7145c8275b4fce99a50a41d44815d10626b3847"},{"id":"unit.won","text":"원","sound_sha256":"2bf15cd0f1461bee572a73cc5d9c7b4947d41f2521f7dc269d6a177d982115d9"},{"id":"cycle.once","text":"이번 한 번만 결제됩니다.","sound_sha256":"932d1e23f14d7c41e3d02cd0d8c8f9c5dc8bc86bde9a3e6387b183cf01fe260a"},{"id":"pay.menu.registered","text":"등록하신","sound_sha256":"80d7b69a4da971f36224d82ed86ce24b83d2a403bc77d943b22c369a50ef98b9"},{"id":"issuer.shinhan","text":"신한카드","sound_sha256":"d1a1af5ffacac195dbb0f5993ce52e7b97708ccac2bfeb68a5ccaae88f84780a"},{"id":"card.ending","text":"끝 번호","sound_sha256":"14ef445ee02c67c409116629abbf87e89c83ac5cddfcda158fa12b75102b29ef"},{"id":"num.5","text":"오","sound_sha256":"c521322b242bd4c2214f63b41e4665edcd1bc0c2c096e699099d2969c0419b36"},{"id":"num.6","text":"육","sound_sha256":"471a9e757c2e70f86c5525617fb613b389b0c6605489c5dfaa28a75fc4dc7028"},{"id":"num.7","text":"칠","sound_sha256":"42be742c6705e3fb141ee5001d2bfaad5395d42c23b87d1d9fa38b1516b26836"},{"id":"num.3","text":"삼","sound_sha256":"f57d1efc8476bfbffcae12ea4e2620133159fb10ed27d59809c2ff483458daa9"},{"id":"pay.menu.use_it","text":"번 카드로 결제하시려면 1번,","sound_sha256":"7d20f6d6dbd4d987c8d9c380c05cd00a11b4ca1c50e2c758eb7c30c5e55da96f"},{"id":"pay.menu.other","text":"다른 카드로 결제하시려면 2번, 결제하지 않으시려면 3번을 눌러 주십시오.","sound_sha256":"3172f87ccd70e32094e58dd7af998444c68412d0e7500444172beda3f6a158ce"}],"software":"callkey 2964dbc"}',X'897ABE8396E0958BD99B1A8D1C33406AEC08B8595C55F0E7F08FEA67E121D9FE',X'455EA142110E6CF735CFDDF348438D7829E082AC8467F9670F7C67F28B4D5FE0',X'55DD0584247A630A485E8B60B32255DE2E00D0D360A290C5DF758F4F91298539','5d27ea6d4170b54c3de676b32047e361601a1c486c986cda17cc73e60da53270',X'2A41A3B9627676107203D60EC9B8FD6ECE4498D9C034B41CDEE7B12FFA413F6E52D31AC1547652830EAD8C026C6C6D670531B7C6189012983359831165F6E30A',1795658381219);
INSERT INTO "consent_chain" VALUES(4,'con_29hw4dqsbvtwhbd0qxmcr9en61','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_0ax8q30h96rhmnbfjdk638zn92','{"format":"callkey-consent/1","id":"con_29hw4dqsbvtwhbd0qxmcr9en61","number":4,"previous":"55dd0584247a630a485e8b60b32255de2e00d0d360a290c5df758f4f91298539","consent":{"to":"registration","key":"1","at":"2026-11-26T01:59:41.547Z"},"request":{"id":"reg_0ax8q30h96rhmnbfjdk638zn92","object":"registration","merchant":"mer_09cehjfmf0gqxy5pjq3wbvpgy4","order_id":null,"merchant_name":"Former Shop","product_name":"월간 구독","amount":null,"cycle":"monthly"},"call":{"id":"call_6d2q8g7vjxz20hfwdx9ev6hgje","called":"07012340877","caller":"01071829304","screening":"network","presentation_allowed":true,"diverted":false,"offered_at":"2026-11-26T01:59:41.430Z","answered_at":"2026-11-26T01:59:41.440Z"},"scenario":{"name":"registration","sha256":"05415e215350b24e8dcb5fb19e34238df82a35c31209cf379bd5661f7bec8d61"},"language":"ko","speed":"normal","played":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu","prompts":[{"id":"speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd","text":"Former Shop","sound_sha256":"00edca1d92c94d74be501e4ef9bab3ec7c627b75d2a4c8d42dfa2c67cb7e5ab4"},{"id":"reg.asks","text":"에서 자동 결제에 쓸 카드를 등록해 달라고 요청했습니다.","sound_sha256":"49791ee10a765a093fd3a492225d5b9411696cea508984e7ba3da029780e739c"},{"id":"reg.product","text":"신청하신 상품은","sound_sha256":"569921b25c10a883f5af684337a4b12853a66a0080622f39d177350224d14d4a"},{"id":"speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975","text":"월간 구독","sound_sha256":"3ee70e01d4e71a3d581f19ef76cc67fa4314ff1540f0b62a3d8e7a793ebaef94"},{"id":"end.is","text":"입니다.","sound_sha256":"573b0bdb038d9e11877f06e93df9545256cd2ac20094317e3e8c54639336cb99"},{"id":"reg.amount.varies","text":"결제 금액은 이용하신 만큼 달라집니다.","sound_sha256":"b54ec8c3125f7e96cd6ac8a2ada2cfcbaafb9727d95d8d18d4d718ecaf950d97"},{"id":"cycle.monthly","text":"매월 한 번 자동으로 결제됩니다.","sound_sha256":"18601beeae35a06480c0550edbc34778b47ae4e77751650989d11c36aad6d256"},{"id":"reg.consent","text":"등록하시면 앞으로 전화 없이 등록하신 카드로 자동 결제됩니다.","sound_sha256":"a02d86b5ef5823761c11c67f9203e34a097e0075949c9aa003a124ab0168dcf7"},{"id":"reg.menu","text":"동의하고 카드를 등록하시려면 1번, 등록하지 않으시려면 2번을 눌러 주십시오.","sound_sha256":"7f3b9e18affb30b0962cc184d92acfc7ddb7e5f48d633d7a073917146ba211ad"}],"software":"callkey 2964dbc"}',X'55DD0584247A630A485E8B60B32255DE2E00D0D360A290C5DF758F4F91298539',X'3D0C0DB2373EA11995F7511A96CABA35C384C1567855BEFE8D90CFED6D73C37F',X'897EF64526568DA2E946D43F5EE5C5A0F0E897D6CF312EE0AD06201320651B37','5d27ea6d4170b54c3de676b32047e361601a1c486c986cda17cc73e60da53270',X'09717DDF4EAB9B1345CF1DC39D45B5001C2DD3799F1E33EC75CFE4C2D01F199AE47F6E1EE4DC743C2E561A59113DB53F8835E333B110ACACAF23C7AA55AE2E06',1795658381547);
CREATE TABLE consents (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	call TEXT NOT NULL,
	kind TEXT NOT NULL,
	scenario TEXT NOT NULL,
	scenario_hash TEXT NOT NULL,
	prompts TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	consent_key TEXT NOT NULL CHECK (length(consent_key) <= 1),
	called TEXT NOT NULL,
	caller TEXT NOT NULL,
	screening INTEGER NOT NULL,
	software TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
INSERT INTO "consents" VALUES(1,'con_7wmfbambwkafe1z5v7wgkgjt8z','reg_02kfzny62tjv902dqqg2x12a2q','call_0kt3et21vtzja3hx5z1g3xddva','registration','registration','05415e215350b24e8dcb5fb19e34238df82a35c31209cf379bd5661f7bec8d61','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu','ko','normal','1','07012340681','01071829301',3,'callkey 2964dbc',1795658380561);
INSERT INTO "consents" VALUES(2,'con_7gskwn06dpqbaxn5d6tvhgw063','reg_5pm0y2tcarhky622z3h613bwd7','call_1yv46q9qm5mbne6n9pw29707ra','registration','registration','05415e215350b24e8dcb5fb19e34238df82a35c31209cf379bd5661f7bec8d61','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu','ko','normal','1','07012340961','01071829302',3,'callkey 2964dbc',1795658380962);
INSERT INTO "consents" VALUES(3,'con_39be9kcnvvs973aghs16edmbmf','pay_2xfxb1pw8w4sj2q8nk5wemx882','call_6th8csdasbpmczqg08y8f6g4re','payment','payment','60ed634a39062abcf09c64323be462cf06ec16f70241c5d76c66a9f7818e221a','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd pay.asks pay.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is pay.amount n.5 n.man n.3 n.1000 unit.won end.is cycle.once pay.menu.registered issuer.shinhan card.ending num.5 num.6 num.7 num.3 pay.menu.use_it pay.menu.other','ko','normal','1','07012340274','01071829301',3,'callkey 2964dbc',1795658381219);
INSERT INTO "consents" VALUES(4,'con_29hw4dqsbvtwhbd0qxmcr9en61','reg_0ax8q30h96rhmnbfjdk638zn92','call_6d2q8g7vjxz20hfwdx9ev6hgje','registration','registration','05415e215350b24e8dcb5fb19e34238df82a35c31209cf379bd5661f7bec8d61','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd reg.asks reg.product speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975 end.is reg.amount.varies cycle.monthly reg.consent reg.menu','ko','normal','1','07012340877','01071829304',3,'callkey 2964dbc',1795658381547);
CREATE TABLE events (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	request TEXT NOT NULL,
	type TEXT NOT NULL,
	body TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
INSERT INTO "events" VALUES(1,'evt_2bjjspdyk8argrnk32zdamekrw','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_02kfzny62tjv902dqqg2x12a2q','registration.completed','{"type":"registration.completed","timestamp":"2026-11-26T01:59:40.648Z","data":{"id":"reg_02kfzny62tjv902dqqg2x12a2q","object":"registration","status":"registered","live":false,"phone":"01071829301","virtual_number":"07012340681","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":"bk_7fxaxz5ze9vtgrae96g1f8skm3","card":{"bin":"94612000","last4":"5673","brand":"local","issuer":"shinhan","type":"credit"},"failure":null,"calls":1,"last_call":"call_0kt3et21vtzja3hx5z1g3xddva","created_at":"2026-11-26T01:59:40.198Z","updated_at":"2026-11-26T01:59:40.648Z","expires_at":"2026-11-26T02:09:40.198Z","customer_ref":"customer-1","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:40.333Z"}}}',1795658380648);
INSERT INTO "events" VALUES(2,'evt_7sk1xh3sp0e253kjpq4z52m9mg','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_5pm0y2tcarhky622z3h613bwd7','registration.completed','{"type":"registration.completed","timestamp":"2026-11-26T01:59:41.042Z","data":{"id":"reg_5pm0y2tcarhky622z3h613bwd7","object":"registration","status":"registered","live":false,"phone":"01071829302","virtual_number":"07012340961","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":"bk_5w1108d6a1vz5rv8cy4dz85758","card":{"bin":"94300000","last4":"0019","brand":"local","issuer":"kb","type":"check"},"failure":null,"calls":1,"last_call":"call_1yv46q9qm5mbne6n9pw29707ra","created_at":"2026-11-26T01:59:40.701Z","updated_at":"2026-11-26T01:59:41.042Z","expires_at":"2026-11-26T02:09:40.701Z","customer_ref":"customer-1","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:40.707Z"}}}',1795658381042);
INSERT INTO "events" VALUES(3,'evt_0pv8t20gm2873wz3v6w0zmpqjc','mer_09cehjfmf0gqxy5pjq3wbvpgy4','pay_2xfxb1pw8w4sj2q8nk5wemx882','payment.approved','{"type":"payment.approved","timestamp":"2026-11-26T01:59:41.224Z","data":{"id":"pay_2xfxb1pw8w4sj2q8nk5wemx882","object":"payment","status":"approved","live":false,"phone":"01071829301","virtual_number":"07012340274","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"once","amount":{"total":53000,"currency":"KRW"},"language":"ko","speed":"normal","billing_key":"bk_7fxaxz5ze9vtgrae96g1f8skm3","card":{"bin":"94612000","last4":"5673","brand":"local","issuer":"shinhan","type":"credit"},"failure":null,"calls":1,"last_call":"call_6th8csdasbpmczqg08y8f6g4re","created_at":"2026-11-26T01:59:41.098Z","updated_at":"2026-11-26T01:59:41.224Z","expires_at":"2026-11-26T02:09:41.098Z","order_id":"order-6cbdc0299a28","order_name":"월간 구독","schedule":null,"consent":"ask","other_card":"allow","other_card_used":false,"card_kept":false,"instalment":{"mode":"none","months":0,"interest_free":false,"interest_free_by":null,"allowed":[],"interest_free_months":[]},"approval_no":"73245138","tid":"tid_7x987xmqd414kcs1fszck0b1fk","approved_at":"2026-11-26T01:59:41.222Z","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:41.118Z"},"attempts":[{"order_id":"ord_3z653nvdr83zjaqd62f8gnfws7","verb":"pay","status":"ok","code":null,"created_at":"2026-11-26T01:59:41.219Z","updated_at":"2026-11-26T01:59:41.224Z"}],"retries":0,"canceled_amount":0,"cancelable_amount":53000,"cancellations":[]}}',1795658381224);
INSERT INTO "events" VALUES(4,'evt_3e9c62g0qb6m4v48bsf94dtbkq','mer_09cehjfmf0gqxy5pjq3wbvpgy4','reg_0ax8q30h96rhmnbfjdk638zn92','registration.holder_mismatch','{"type":"registration.holder_mismatch","timestamp":"2026-11-26T01:59:41.574Z","data":{"id":"reg_0ax8q30h96rhmnbfjdk638zn92","object":"registration","status":"sms_sent","live":false,"phone":"01071829304","virtual_number":"07012340877","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":null,"card":null,"failure":null,"calls":1,"last_call":"call_6d2q8g7vjxz20hfwdx9ev6hgje","created_at":"2026-11-26T01:59:41.417Z","updated_at":"2026-11-26T01:59:41.554Z","expires_at":"2026-11-26T02:09:41.417Z","customer_ref":"customer-1","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:41.430Z"},"mismatch":{"call":"call_71agk19kmedjqcm1d1nxfqxxjy","reason":"wrong_caller","caller":"010-****-9305","at":"2026-11-26T01:59:41.574Z"}}}',1795658381574);
CREATE TABLE idempotency (
	merchant TEXT NOT NULL REFERENCES merchants (id),
	route TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	body_hash BLOB NOT NULL,
	status INTEGER NOT NULL,
	body TEXT NOT NULL,
	expires INTEGER NOT NULL,
	PRIMARY KEY (merchant, route, idempotency_key)
) STRICT, WITHOUT ROWID;
INSERT INTO "idempotency" VALUES('mer_09cehjfmf0gqxy5pjq3wbvpgy4','POST /v1/payments','77867db1f0edc822',X'24AE320D08AC1D48DD8F59AB877433D96D042234FBB80271B61F5EDBD72A2D3C',201,'{"id":"pay_2v5k4h1x6x7v2v6jyqrb3wyawv","object":"payment","status":"created","live":false,"phone":"01071829301","virtual_number":"07012340886","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"once","amount":{"total":12000,"currency":"KRW"},"language":"ko","speed":"normal","billing_key":"bk_7fxaxz5ze9vtgrae96g1f8skm3","card":{"bin":"94612000","last4":"5673","brand":"local","issuer":"shinhan","type":"credit"},"failure":null,"calls":0,"last_call":null,"created_at":"2026-11-26T01:59:41.406Z","updated_at":"2026-11-26T01:59:41.406Z","expires_at":"2026-11-26T02:09:41.406Z","order_id":"order-f53fc00ceb8a","order_name":"월간 구독","schedule":null,"consent":"ask","other_card":"allow","other_card_used":false,"card_kept":false,"instalment":{"mode":"none","months":0,"interest_free":false,"interest_free_by":null,"allowed":[],"interest_free_months":[]},"approval_no":null,"tid":null,"approved_at":null,"sms":{"status":"waiting","provider":null,"type":"LMS","detail":null,"at":"2026-11-26T01:59:41.406Z"},"attempts":[],"retries":0,"canceled_amount":0,"cancelable_amount":0,"cancellations":[]}',1796954381406);
INSERT INTO "idempotency" VALUES('mer_09cehjfmf0gqxy5pjq3wbvpgy4','POST /v1/payments','c89e039e295c5981',X'987ACA6AE0BB7B82DA6B65105C30463630A4E2A2D55EB5111EA21B1267704169',201,'{"id":"pay_2xfxb1pw8w4sj2q8nk5wemx882","object":"payment","status":"created","live":false,"phone":"01071829301","virtual_number":"07012340274","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"once","amount":{"total":53000,"currency":"KRW"},"language":"ko","speed":"normal","billing_key":"bk_7fxaxz5ze9vtgrae96g1f8skm3","card":{"bin":"94612000","last4":"5673","brand":"local","issuer":"shinhan","type":"credit"},"failure":null,"calls":0,"last_call":null,"created_at":"2026-11-26T01:59:41.098Z","updated_at":"2026-11-26T01:59:41.098Z","expires_at":"2026-11-26T02:09:41.098Z","order_id":"order-6cbdc0299a28","order_name":"월간 구독","schedule":null,"consent":"ask","other_card":"allow","other_card_used":false,"card_kept":false,"instalment":{"mode":"none","months":0,"interest_free":false,"interest_free_by":null,"allowed":[],"interest_free_months":[]},"approval_no":null,"tid":null,"approved_at":null,"sms":{"status":"waiting","provider":null,"type":"LMS","detail":null,"at":"2026-11-26T01:59:41.098Z"},"attempts":[],"retries":0,"canceled_amount":0,"cancelable_amount":0,"cancellations":[]}',1796954381098);
INSERT INTO "idempotency" VALUES('mer_09cehjfmf0gqxy5pjq3wbvpgy4','POST /v1/registrations','231e6c062c864379',X'88624FD444277E7CADD16A8CFEF05B71681793201DB029C6A0EC6C632E01A097',201,'{"id":"reg_0f3mjcsv57cxf76kqhncx7xdes","object":"registration","status":"created","live":false,"phone":"01071829303","virtual_number":"07012340247","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":null,"card":null,"failure":null,"calls":0,"last_call":null,"created_at":"2026-11-26T01:59:41.391Z","updated_at":"2026-11-26T01:59:41.391Z","expires_at":"2026-11-26T02:09:41.391Z","customer_ref":"customer-1","sms":{"status":"waiting","provider":null,"type":"LMS","detail":null,"at":"2026-11-26T01:59:41.391Z"}}',1796954381391);
INSERT INTO "idempotency" VALUES('mer_09cehjfmf0gqxy5pjq3wbvpgy4','POST /v1/registrations','4d266df8d849109e',X'98F1136575CBED301EA85A7A0EBC6A3977DE2CDD0D18624EF582C695ED990561',201,'{"id":"reg_5pm0y2tcarhky622z3h613bwd7","object":"registration","status":"created","live":false,"phone":"01071829302","virtual_number":"07012340961","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":null,"card":null,"failure":null,"calls":0,"last_call":null,"created_at":"2026-11-26T01:59:40.701Z","updated_at":"2026-11-26T01:59:40.701Z","expires_at":"2026-11-26T02:09:40.701Z","customer_ref":"customer-1","sms":{"status":"waiting","provider":null,"type":"LMS","detail":null,"at":"2026-11-26T01:59:40.701Z"}}',1796954380701);
INSERT INTO "idempotency" VALUES('mer_09cehjfmf0gqxy5pjq3wbvpgy4','POST /v1/registrations','b8eece0d0f5e71fa',X'5F5D10E147C43C293E96C3A1BC24C59ED0866FF450A13EF80C40EA37C3942C23',201,'{"id":"reg_02kfzny62tjv902dqqg2x12a2q","object":"registration","status":"created","live":false,"phone":"01071829301","virtual_number":"07012340681","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":null,"card":null,"failure":null,"calls":0,"last_call":null,"created_at":"2026-11-26T01:59:40.198Z","updated_at":"2026-11-26T01:59:40.198Z","expires_at":"2026-11-26T02:09:40.198Z","customer_ref":"customer-1","sms":{"status":"waiting","provider":null,"type":"LMS","detail":null,"at":"2026-11-26T01:59:40.299Z"}}',1796954380299);
INSERT INTO "idempotency" VALUES('mer_09cehjfmf0gqxy5pjq3wbvpgy4','POST /v1/registrations','defcb47d6aca3ccf',X'1A9D3446515DB369B3A1894492CD230C6B3E94F793C2485D4D3347A1624352E6',201,'{"id":"reg_0ax8q30h96rhmnbfjdk638zn92","object":"registration","status":"created","live":false,"phone":"01071829304","virtual_number":"07012340877","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":null,"card":null,"failure":null,"calls":0,"last_call":null,"created_at":"2026-11-26T01:59:41.417Z","updated_at":"2026-11-26T01:59:41.417Z","expires_at":"2026-11-26T02:09:41.417Z","customer_ref":"customer-1","sms":{"status":"waiting","provider":null,"type":"LMS","detail":null,"at":"2026-11-26T01:59:41.417Z"}}',1796954381417);
CREATE TABLE lease_rests (
	virtual_number TEXT NOT NULL,
	caller TEXT NOT NULL,
	until INTEGER NOT NULL,
	PRIMARY KEY (virtual_number, caller)
) STRICT, WITHOUT ROWID;
INSERT INTO "lease_rests" VALUES('07012340681','01071829301',1795661980648);
INSERT INTO "lease_rests" VALUES('07012340961','01071829302',1795661981042);
INSERT INTO "lease_rests" VALUES('07012340274','01071829301',1795661981224);
CREATE TABLE leases (
	virtual_number TEXT NOT NULL,
	caller TEXT NOT NULL,
	request TEXT NOT NULL UNIQUE REFERENCES requests (id) DEFERRABLE INITIALLY DEFERRED,
	PRIMARY KEY (virtual_number, caller)
) STRICT, WITHOUT ROWID;
INSERT INTO "leases" VALUES('07012340247','01071829303','reg_0f3mjcsv57cxf76kqhncx7xdes');
INSERT INTO "leases" VALUES('07012340877','01071829304','reg_0ax8q30h96rhmnbfjdk638zn92');
INSERT INTO "leases" VALUES('07012340886','01071829301','pay_2v5k4h1x6x7v2v6jyqrb3wyawv');
CREATE TABLE merchants (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	webhook_url TEXT NOT NULL,
	webhook_secret TEXT NOT NULL,
	pg TEXT NOT NULL,
	live INTEGER NOT NULL,
	may_skip_consent INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT;
INSERT INTO "merchants" VALUES(1,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','Former Shop','https://127.0.0.1:51527/webhooks','whsec_8So0XQ+EKbbZllGM1Tu2RSg4+s5oqgiOg5Qo2F53lqw=','',0,1,1795658380158);
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL CHECK (kind IN ('sms', 'webhook', 'pg_expire')),
	ref TEXT NOT NULL,
	request TEXT NOT NULL,
	merchant TEXT NOT NULL,
	destination TEXT NOT NULL,
	body TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'done', 'refused', 'given_up')),
	tries INTEGER NOT NULL,
	detail TEXT NOT NULL,
	created INTEGER NOT NULL,
	next_try INTEGER NOT NULL,
	UNIQUE (kind, ref)
) STRICT;
INSERT INTO "outbox" VALUES(1,'sms','sms_4771jbk529mfnmz11at7jra22e','reg_02kfzny62tjv902dqqg2x12a2q','mer_09cehjfmf0gqxy5pjq3wbvpgy4','sealed/1/1/Fqn-_f-I-3yxQjLemjxgNTqagjf_zUuFXnEzRFu2Yw1dP0GP687w','sealed/1/1/oLlNgr2YkqJtmxLB038x3XrXBd869tpYMvvUXB0h9XV3VyspxkPLmctuKtTGQ4LLhP7tfGFHmHq4F2PQU-_3V0L3TrBnZ2FnXrDuULVy5_ikFOAMI0R6-kocTXoUiy8sV1TJY-zuNKFOjp4tg9ukqXQaYvI-qV8j2Ul6wEyxeSjRSleXIqJa9avBQVW4R6I27F5_780X87e17bxS-KyDzkZ-','done',1,'',1795658380299,1795658380299);
INSERT INTO "outbox" VALUES(2,'webhook','evt_2bjjspdyk8argrnk32zdamekrw.1','reg_02kfzny62tjv902dqqg2x12a2q','mer_09cehjfmf0gqxy5pjq3wbvpgy4','https://127.0.0.1:51527/webhooks','{"type":"registration.completed","timestamp":"2026-11-26T01:59:40.648Z","data":{"id":"reg_02kfzny62tjv902dqqg2x12a2q","object":"registration","status":"registered","live":false,"phone":"01071829301","virtual_number":"07012340681","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":"bk_7fxaxz5ze9vtgrae96g1f8skm3","card":{"bin":"94612000","last4":"5673","brand":"local","issuer":"shinhan","type":"credit"},"failure":null,"calls":1,"last_call":"call_0kt3et21vtzja3hx5z1g3xddva","created_at":"2026-11-26T01:59:40.198Z","updated_at":"2026-11-26T01:59:40.648Z","expires_at":"2026-11-26T02:09:40.198Z","customer_ref":"customer-1","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:40.333Z"}}}','done',1,'HTTP 200',1795658380648,1795658380648);
INSERT INTO "outbox" VALUES(3,'sms','sms_3gtxffb3ewbfz5yac7tbxym0p6','reg_5pm0y2tcarhky622z3h613bwd7','mer_09cehjfmf0gqxy5pjq3wbvpgy4','sealed/1/1/Iz6CMNzh2FM_MTzNYybyb21Ijfq7-VB1sjSdTZpfXWiMGpn77anr','sealed/1/1/_ZKFfHhsmta_jyVEUoos7SxUKnb7TKrcNkgZQSY4weHFXqBqCRjCYGEdR2vaRK0JIpCGC9bOnkG13TkRDjcZgNPMIuYBE7B5VomVJYzA0fMvqbPbJjDq1MhEQTE1DAWpAZsLwfi0JEcPJxsoFACEeDYwwGL72SC9i0Fv4Lh00wK4vTOfDCKPGusH2m_8GQs6PXVBXXB7wmId2OQQ2yj7wg0b','done',1,'',1795658380701,1795658380701);
INSERT INTO "outbox" VALUES(4,'webhook','evt_7sk1xh3sp0e253kjpq4z52m9mg.1','reg_5pm0y2tcarhky622z3h613bwd7','mer_09cehjfmf0gqxy5pjq3wbvpgy4','https://127.0.0.1:51527/webhooks','{"type":"registration.completed","timestamp":"2026-11-26T01:59:41.042Z","data":{"id":"reg_5pm0y2tcarhky622z3h613bwd7","object":"registration","status":"registered","live":false,"phone":"01071829302","virtual_number":"07012340961","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":"bk_5w1108d6a1vz5rv8cy4dz85758","card":{"bin":"94300000","last4":"0019","brand":"local","issuer":"kb","type":"check"},"failure":null,"calls":1,"last_call":"call_1yv46q9qm5mbne6n9pw29707ra","created_at":"2026-11-26T01:59:40.701Z","updated_at":"2026-11-26T01:59:41.042Z","expires_at":"2026-11-26T02:09:40.701Z","customer_ref":"customer-1","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:40.707Z"}}}','done',1,'HTTP 200',1795658381042,1795658381042);
INSERT INTO "outbox" VALUES(5,'sms','sms_2st2cch9ct1gkm4pxygmrcz9gc','pay_2xfxb1pw8w4sj2q8nk5wemx882','mer_09cehjfmf0gqxy5pjq3wbvpgy4','sealed/1/1/xWrYWyFSnQU4QG5NyPZoc19mAOfuyk9G5_uzSK3pNpHpmdMMCGq-','sealed/1/1/ua5VGuJe40p2R1k1O-kW8evNJ9RLZYXHgLXsHMn2tHROmnybUwyZt8jzsoY2GjI9fVRvvP8Cj2pg_CXk33Hv80BdA8jD9yqDwafWiHcW2-aKFjo-sk8UvqJZCJ2NtDrdmB3sAqUgfGhZRhar1UrUfyshRLQPD5G-Nwxm8m11t8CnxchQ4VJntYZnqZpI5PobsORqU-9aeHoO7_XZlP148BqG','done',1,'',1795658381098,1795658381098);
INSERT INTO "outbox" VALUES(6,'webhook','evt_0pv8t20gm2873wz3v6w0zmpqjc.1','pay_2xfxb1pw8w4sj2q8nk5wemx882','mer_09cehjfmf0gqxy5pjq3wbvpgy4','https://127.0.0.1:51527/webhooks','{"type":"payment.approved","timestamp":"2026-11-26T01:59:41.224Z","data":{"id":"pay_2xfxb1pw8w4sj2q8nk5wemx882","object":"payment","status":"approved","live":false,"phone":"01071829301","virtual_number":"07012340274","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"once","amount":{"total":53000,"currency":"KRW"},"language":"ko","speed":"normal","billing_key":"bk_7fxaxz5ze9vtgrae96g1f8skm3","card":{"bin":"94612000","last4":"5673","brand":"local","issuer":"shinhan","type":"credit"},"failure":null,"calls":1,"last_call":"call_6th8csdasbpmczqg08y8f6g4re","created_at":"2026-11-26T01:59:41.098Z","updated_at":"2026-11-26T01:59:41.224Z","expires_at":"2026-11-26T02:09:41.098Z","order_id":"order-6cbdc0299a28","order_name":"월간 구독","schedule":null,"consent":"ask","other_card":"allow","other_card_used":false,"card_kept":false,"instalment":{"mode":"none","months":0,"interest_free":false,"interest_free_by":null,"allowed":[],"interest_free_months":[]},"approval_no":"73245138","tid":"tid_7x987xmqd414kcs1fszck0b1fk","approved_at":"2026-11-26T01:59:41.222Z","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:41.118Z"},"attempts":[{"order_id":"ord_3z653nvdr83zjaqd62f8gnfws7","verb":"pay","status":"ok","code":null,"created_at":"2026-11-26T01:59:41.219Z","updated_at":"2026-11-26T01:59:41.224Z"}],"retries":0,"canceled_amount":0,"cancelable_amount":53000,"cancellations":[]}}','done',1,'HTTP 200',1795658381224,1795658381224);
INSERT INTO "outbox" VALUES(7,'sms','sms_14t27r0g86rkewaf0fjfpwvm5p','reg_0f3mjcsv57cxf76kqhncx7xdes','mer_09cehjfmf0gqxy5pjq3wbvpgy4','sealed/1/1/NiHsHsjxXALpxfrrQKxwwAhPJIwB9bMt1sI58jn_qmGsNxf3hQdM','sealed/1/1/eg8GpMZrHOBp-aGmogcMpmrR4zv7EOh6OHQSBA8oSWp18YUA6yhdLgLjux5RgjaFAwqbn6B6-W5034NNvPAfaNMQBYppdiMaMfgxHcNBT6vW_NkNGEltJOi7RG59lmJCzKaVksBZj6vErLlp3y6v8YussU13qHrNADmOqGDOUT_t6AbmKCJWhV3tR-T3auhSYEBTURa-jdgPq4p86UFPzCXl','done',1,'',1795658381391,1795658381391);
INSERT INTO "outbox" VALUES(8,'sms','sms_2g6bqazsz0retrcpxjsaz5fr7t','pay_2v5k4h1x6x7v2v6jyqrb3wyawv','mer_09cehjfmf0gqxy5pjq3wbvpgy4','sealed/1/1/h8WVNrjBNVCHHBWpVdhFp9hYDnwQwKVBexUlIz2DGvMpwvm0P6j1','sealed/1/1/lg6SCdx5yMwSCtUzBftHApPvtThDBHvgtl6uTALSW_aBOX1aLsbWKKuAb4Y0xB9MDwyx-fTrqVC44Caj0fH5fePE0y9kjshbe0lfKHhlaD18vtbxo1iarbRwyWkouKQI_59jvclCTs7KsOCclpWIEYTewDOnYNga4I9iuRkObmHq7kE535Zbe93XfNojm_41G6e-zir4oimZZiLmWMytHqWg','done',1,'',1795658381406,1795658381406);
INSERT INTO "outbox" VALUES(9,'sms','sms_32jfq04dyf1xc251abkc83t031','reg_0ax8q30h96rhmnbfjdk638zn92','mer_09cehjfmf0gqxy5pjq3wbvpgy4','sealed/1/1/0_GFHD-wC_VqcAhvGao2Om2v-vq5vOl9kOi5Ez2kAGhuDYSoXZKY','sealed/1/1/QY55jj5KPqTAkSMMoVRUIQV9zA4hZl-DbPAgw3xZlJTMFJwWbHR_oRmxh49ardB5EvfmYWi7si8lc4Hh3tYYw8Z5Zz3HJ2Jgmm2G95LQ0PcJEXi84zADfXIkLA-UlL7JAfwiRA0BDIAuGWlcvECkb9v-VfERBGwmk7WR7G6JVOOf6JMr2JG7VURiqzAaqG3OseiPbMgeFw9AKLhRwq6lONzg','done',1,'',1795658381417,1795658381417);
INSERT INTO "outbox" VALUES(10,'webhook','evt_3e9c62g0qb6m4v48bsf94dtbkq.1','reg_0ax8q30h96rhmnbfjdk638zn92','mer_09cehjfmf0gqxy5pjq3wbvpgy4','https://127.0.0.1:51527/webhooks','{"type":"registration.holder_mismatch","timestamp":"2026-11-26T01:59:41.574Z","data":{"id":"reg_0ax8q30h96rhmnbfjdk638zn92","object":"registration","status":"sms_sent","live":false,"phone":"01071829304","virtual_number":"07012340877","merchant_name":"Former Shop","product_name":"월간 구독","cycle":"monthly","amount":null,"language":"ko","speed":"normal","billing_key":null,"card":null,"failure":null,"calls":1,"last_call":"call_6d2q8g7vjxz20hfwdx9ev6hgje","created_at":"2026-11-26T01:59:41.417Z","updated_at":"2026-11-26T01:59:41.554Z","expires_at":"2026-11-26T02:09:41.417Z","customer_ref":"customer-1","sms":{"status":"sent","provider":"sandbox","type":"LMS","detail":null,"at":"2026-11-26T01:59:41.430Z"},"mismatch":{"call":"call_71agk19kmedjqcm1d1nxfqxxjy","reason":"wrong_caller","caller":"010-****-9305","at":"2026-11-26T01:59:41.574Z"}}}','done',1,'HTTP 200',1795658381574,1795658381574);
CREATE TABLE password_tries (
	fingerprint BLOB NOT NULL,
	day INTEGER NOT NULL,
	tries INTEGER NOT NULL CHECK (tries >= 0),
	PRIMARY KEY (fingerprint, day)
) STRICT, WITHOUT ROWID;
INSERT INTO "password_tries" VALUES(X'42216162CBA0CD0051836F631C3234CC5D286FE7F14B5910ECB0DCC7EC9BBC82',20783,0);
INSERT INTO "password_tries" VALUES(X'5033716D6BD4F39159E6D0A2535F40EEF3C77D3310FB1695515590DE7FAF7673',20783,0);
CREATE TABLE reconciliation_merchants (
	reconciliation TEXT NOT NULL REFERENCES reconciliations (id),
	day TEXT NOT NULL,
	merchant TEXT NOT NULL,
	matched INTEGER NOT NULL,
	PRIMARY KEY (reconciliation, merchant)
) STRICT, WITHOUT ROWID;
CREATE TABLE reconciliation_rows (
	seq INTEGER PRIMARY KEY,
	reconciliation TEXT NOT NULL REFERENCES reconciliations (id),
	day TEXT NOT NULL,
	pg TEXT NOT NULL,
	merchant TEXT NOT NULL,
	class TEXT NOT NULL,
	kind TEXT NOT NULL,
	order_id TEXT NOT NULL,
	request TEXT NOT NULL,
	our_state TEXT NOT NULL,
	their_state TEXT NOT NULL,
	our_minor INTEGER NOT NULL,
	their_minor INTEGER NOT NULL,
	our_currency TEXT NOT NULL,
	their_currency TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE TABLE reconciliations (
	id TEXT NOT NULL PRIMARY KEY,
	day TEXT NOT NULL,
	pg TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('done', 'failed', 'no_list')),
	day_over INTEGER NOT NULL,
	listed INTEGER NOT NULL,
	differences INTEGER NOT NULL,
	message TEXT NOT NULL,
	started INTEGER NOT NULL,
	ended INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE requests (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
	merchant TEXT NOT NULL REFERENCES merchants (id),
	state TEXT NOT NULL,
	leased INTEGER NOT NULL DEFAULT 0,
	customer_ref TEXT NOT NULL,
	order_id TEXT NOT NULL,
	phone TEXT NOT NULL,
	virtual_number TEXT NOT NULL,
	merchant_name TEXT NOT NULL,
	product_name TEXT NOT NULL,
	speech_merchant TEXT NOT NULL,
	speech_product TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
	currency TEXT NOT NULL,
	cycle TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	billing_key TEXT NOT NULL,
	consent_skip INTEGER NOT NULL,
	other_card_allowed INTEGER NOT NULL,
	sms_skip INTEGER NOT NULL,
	instalment_mode TEXT NOT NULL,
	instalment_months INTEGER NOT NULL,
	allowed_months BLOB NOT NULL,
	interest_free_months BLOB NOT NULL,
	interest_free_chosen INTEGER NOT NULL,
	other_card_used INTEGER NOT NULL,
	keep_card INTEGER NOT NULL,
	card_bin TEXT NOT NULL CHECK (length(card_bin) <= 8),
	card_last4 TEXT NOT NULL CHECK (length(card_last4) <= 4),
	card_brand TEXT NOT NULL,
	card_issuer TEXT NOT NULL,
	card_type INTEGER NOT NULL,
	pg_order_id TEXT NOT NULL,
	approval_no TEXT NOT NULL,
	tid TEXT NOT NULL,
	failure_code TEXT NOT NULL,
	failure_class TEXT NOT NULL,
	failure_message TEXT NOT NULL,
	calls INTEGER NOT NULL,
	attempts INTEGER NOT NULL,
	last_call TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	approved INTEGER NOT NULL
, retries INTEGER NOT NULL DEFAULT 0, retried INTEGER NOT NULL DEFAULT 0, attempts_before INTEGER NOT NULL DEFAULT 0, canceled_minor INTEGER NOT NULL DEFAULT 0, schedule TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "requests" VALUES(1,'reg_02kfzny62tjv902dqqg2x12a2q',1,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','registered',0,'customer-1','','01071829301','07012340681','Former Shop','월간 구독','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd','speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975',0,'KRW','monthly','ko','normal','bk_7fxaxz5ze9vtgrae96g1f8skm3',0,0,0,'none',0,X'00000000000000000000000000000000',X'00000000000000000000000000000000',0,0,0,'94612000','5673','local','shinhan',1,'ord_4s6kvydre8750jfgfdsm37bj30','','tid_6vm0f09mf94ycz7tyew9ddr5ap','','','',1,1,'call_0kt3et21vtzja3hx5z1g3xddva',1795658380198,1795658380648,1795658980198,0,0,0,0,0,'');
INSERT INTO "requests" VALUES(2,'reg_5pm0y2tcarhky622z3h613bwd7',1,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','registered',0,'customer-1','','01071829302','07012340961','Former Shop','월간 구독','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd','speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975',0,'KRW','monthly','ko','normal','bk_5w1108d6a1vz5rv8cy4dz85758',0,0,0,'none',0,X'00000000000000000000000000000000',X'00000000000000000000000000000000',0,0,0,'94300000','0019','local','kb',2,'ord_266kgewaysv86s5fcmdxj8p93r','','tid_3phg0h6976qh566vj2gaz5nkn6','','','',1,1,'call_1yv46q9qm5mbne6n9pw29707ra',1795658380701,1795658381042,1795658980701,0,0,0,0,0,'');
INSERT INTO "requests" VALUES(3,'pay_2xfxb1pw8w4sj2q8nk5wemx882',2,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','approved',0,'customer-1','order-6cbdc0299a28','01071829301','07012340274','Former Shop','월간 구독','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd','speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975',53000,'KRW','once','ko','normal','bk_7fxaxz5ze9vtgrae96g1f8skm3',0,1,0,'none',0,X'00000000000000000000000000000000',X'00000000000000000000000000000000',0,0,0,'94612000','5673','local','shinhan',1,'ord_3z653nvdr83zjaqd62f8gnfws7','73245138','tid_7x987xmqd414kcs1fszck0b1fk','','','',1,1,'call_6th8csdasbpmczqg08y8f6g4re',1795658381098,1795658381224,1795658981098,1795658381222,0,0,0,0,'');
INSERT INTO "requests" VALUES(4,'reg_0f3mjcsv57cxf76kqhncx7xdes',1,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','sms_sent',1,'customer-1','','01071829303','07012340247','Former Shop','월간 구독','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd','speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975',0,'KRW','monthly','ko','normal','',0,0,0,'none',0,X'00000000000000000000000000000000',X'00000000000000000000000000000000',0,0,0,'','','','',0,'','','','','','',0,0,'',1795658381391,1795658381395,1795658981391,0,0,0,0,0,'');
INSERT INTO "requests" VALUES(5,'pay_2v5k4h1x6x7v2v6jyqrb3wyawv',2,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','sms_sent',1,'customer-1','order-f53fc00ceb8a','01071829301','07012340886','Former Shop','월간 구독','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd','speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975',12000,'KRW','once','ko','normal','bk_7fxaxz5ze9vtgrae96g1f8skm3',0,1,0,'none',0,X'00000000000000000000000000000000',X'00000000000000000000000000000000',0,0,0,'94612000','5673','local','shinhan',1,'','','','','','',0,0,'',1795658381406,1795658381411,1795658981406,0,0,0,0,0,'');
INSERT INTO "requests" VALUES(6,'reg_0ax8q30h96rhmnbfjdk638zn92',1,'mer_09cehjfmf0gqxy5pjq3wbvpgy4','sms_sent',1,'customer-1','','01071829304','07012340877','Former Shop','월간 구독','speech:f4fe210626dfd44aa4d2b2b8fd37b807acf566020128e52951abb87a3b62d5bd','speech:e234a54a983e5bc218120073acfb57fec2bc475dda7239f9befc30e9920d7975',0,'KRW','monthly','ko','normal','',0,0,0,'none',0,X'00000000000000000000000000000000',X'00000000000000000000000000000000',0,0,0,'','','','',0,'','','','','','',1,0,'call_6d2q8g7vjxz20hfwdx9ev6hgje',1795658381417,1795658381554,1795658981417,0,0,0,0,0,'');
CREATE TABLE schedules (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	billing_key TEXT NOT NULL REFERENCES billing_keys (id),
	state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
	reason TEXT NOT NULL,
	order_id TEXT NOT NULL,
	order_name TEXT NOT NULL,
	amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
	currency TEXT NOT NULL,
	cycle TEXT NOT NULL,
	consent_skip INTEGER NOT NULL,
	other_card_allowed INTEGER NOT NULL,
	sms_skip INTEGER NOT NULL,
	instalment_mode TEXT NOT NULL,
	instalment_months INTEGER NOT NULL,
	instalment_allowed TEXT NOT NULL,
	interest_free TEXT NOT NULL,
	language TEXT NOT NULL,
	speed TEXT NOT NULL,
	expires_in_s INTEGER NOT NULL,
	repeat INTEGER NOT NULL,
	month_day INTEGER NOT NULL,
	every_days INTEGER NOT NULL,
	minute INTEGER NOT NULL,
	starts INTEGER NOT NULL,
	ends INTEGER NOT NULL,
	runs_most INTEGER NOT NULL,
	runs INTEGER NOT NULL,
	missed INTEGER NOT NULL,
	delay TEXT NOT NULL,
	last_payment TEXT NOT NULL,
	next_run INTEGER NOT NULL,
	due INTEGER NOT NULL,
	last_run INTEGER NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied BIGINT NOT NULL);
INSERT INTO "schema_migrations" VALUES(1,1795658379749);
INSERT INTO "schema_migrations" VALUES(2,1795658379753);
INSERT INTO "schema_migrations" VALUES(3,1795658379753);
INSERT INTO "schema_migrations" VALUES(4,1795658379754);
INSERT INTO "schema_migrations" VALUES(5,1795658379766);
INSERT INTO "schema_migrations" VALUES(6,1795658379766);
INSERT INTO "schema_migrations" VALUES(7,1795658379766);
INSERT INTO "schema_migrations" VALUES(8,1795658379767);
INSERT INTO "schema_migrations" VALUES(9,1795658379771);
INSERT INTO "schema_migrations" VALUES(11,1795658379771);
INSERT INTO "schema_migrations" VALUES(12,1795658379777);
INSERT INTO "schema_migrations" VALUES(13,1795658379781);
INSERT INTO "schema_migrations" VALUES(14,1795658379788);
INSERT INTO "schema_migrations" VALUES(15,1795658379788);
INSERT INTO "schema_migrations" VALUES(16,1795658379788);
INSERT INTO "schema_migrations" VALUES(29,1795658379796);
INSERT INTO "schema_migrations" VALUES(30,1795658379800);
INSERT INTO "schema_migrations" VALUES(31,1795658379800);
INSERT INTO "schema_migrations" VALUES(40,1795658379806);
CREATE TABLE sign_keys (
	id TEXT NOT NULL PRIMARY KEY,
	public_key TEXT NOT NULL,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "sign_keys" VALUES('5d27ea6d4170b54c3de676b32047e361601a1c486c986cda17cc73e60da53270','-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA0FpAGx1u36kho62Mm50n1PhLFRHuNHnVRGBmHPwv574=
-----END PUBLIC KEY-----
',1795658380576);
CREATE TABLE sms (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	request TEXT NOT NULL REFERENCES requests (id),
	status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'delivered', 'undelivered', 'failed')),
	provider TEXT NOT NULL,
	provider_id TEXT NOT NULL,
	unsure INTEGER NOT NULL,
	lms INTEGER NOT NULL,
	subject TEXT NOT NULL,
	detail TEXT NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
INSERT INTO "sms" VALUES(1,'sms_4771jbk529mfnmz11at7jra22e','reg_02kfzny62tjv902dqqg2x12a2q','sent','sandbox','gw_4re635yzt46kxcasypymf82hpv',0,1,'Former Shop','',1795658380299,1795658380333);
INSERT INTO "sms" VALUES(2,'sms_3gtxffb3ewbfz5yac7tbxym0p6','reg_5pm0y2tcarhky622z3h613bwd7','sent','sandbox','gw_5kayxn06ex7p3kbvd3ekw2n8me',0,1,'Former Shop','',1795658380701,1795658380707);
INSERT INTO "sms" VALUES(3,'sms_2st2cch9ct1gkm4pxygmrcz9gc','pay_2xfxb1pw8w4sj2q8nk5wemx882','sent','sandbox','gw_4b64vjgmswej1qa4semwdvgmjk',0,1,'Former Shop','',1795658381098,1795658381118);
INSERT INTO "sms" VALUES(4,'sms_14t27r0g86rkewaf0fjfpwvm5p','reg_0f3mjcsv57cxf76kqhncx7xdes','sent','sandbox','gw_3ev0peydbh80vp8bkrwq5xjjkt',0,1,'Former Shop','',1795658381391,1795658381395);
INSERT INTO "sms" VALUES(5,'sms_2g6bqazsz0retrcpxjsaz5fr7t','pay_2v5k4h1x6x7v2v6jyqrb3wyawv','sent','sandbox','gw_15d51gr09zvakc0j0yp77rkjk1',0,1,'Former Shop','',1795658381406,1795658381411);
INSERT INTO "sms" VALUES(6,'sms_32jfq04dyf1xc251abkc83t031','reg_0ax8q30h96rhmnbfjdk638zn92','sent','sandbox','gw_3e1cjk8p9bqhy4cz1srnv70616',0,1,'Former Shop','',1795658381417,1795658381430);
CREATE TABLE sms_templates (
	merchant TEXT NOT NULL REFERENCES merchants (id),
	name TEXT NOT NULL,
	language TEXT NOT NULL,
	text TEXT NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (merchant, name, language)
) STRICT, WITHOUT ROWID;
CREATE TABLE span_bins (
	span TEXT NOT NULL,
	quarter INTEGER NOT NULL,
	began INTEGER NOT NULL,
	boot INTEGER NOT NULL,
	seconds INTEGER NOT NULL,
	es INTEGER NOT NULL,
	ses INTEGER NOT NULL,
	uas INTEGER NOT NULL,
	code_violations INTEGER NOT NULL,
	crc_errors INTEGER NOT NULL,
	e_bits INTEGER NOT NULL,
	framing_errors INTEGER NOT NULL,
	slips INTEGER NOT NULL,
	measured INTEGER NOT NULL,
	told_seconds INTEGER NOT NULL,
	told_es INTEGER NOT NULL,
	told_ses INTEGER NOT NULL,
	told_uas INTEGER NOT NULL,
	told_code_violations INTEGER NOT NULL,
	told_crc_errors INTEGER NOT NULL,
	told_e_bits INTEGER NOT NULL,
	told_framing_errors INTEGER NOT NULL,
	told_slips INTEGER NOT NULL,
	PRIMARY KEY (span, quarter)
) STRICT, WITHOUT ROWID;
CREATE TABLE span_counts (
	span TEXT NOT NULL PRIMARY KEY,
	since INTEGER NOT NULL,
	zeroed_by TEXT NOT NULL CHECK (zeroed_by IN ('', 'operator')),
	last INTEGER NOT NULL,
	seconds INTEGER NOT NULL,
	es INTEGER NOT NULL,
	ses INTEGER NOT NULL,
	uas INTEGER NOT NULL,
	code_violations INTEGER NOT NULL,
	crc_errors INTEGER NOT NULL,
	e_bits INTEGER NOT NULL,
	framing_errors INTEGER NOT NULL,
	slips INTEGER NOT NULL,
	measured INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE state_counts (
	what TEXT NOT NULL,
	state TEXT NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (what, state)
) STRICT, WITHOUT ROWID;
INSERT INTO "state_counts" VALUES('outbox','done',10);
INSERT INTO "state_counts" VALUES('outbox','sending',0);
INSERT INTO "state_counts" VALUES('outbox','waiting',0);
INSERT INTO "state_counts" VALUES('payments','approved',1);
INSERT INTO "state_counts" VALUES('payments','authorizing',0);
INSERT INTO "state_counts" VALUES('payments','created',0);
INSERT INTO "state_counts" VALUES('payments','in_call',0);
INSERT INTO "state_counts" VALUES('payments','sms_sent',1);
INSERT INTO "state_counts" VALUES('registrations','created',0);
INSERT INTO "state_counts" VALUES('registrations','in_call',0);
INSERT INTO "state_counts" VALUES('registrations','registered',2);
INSERT INTO "state_counts" VALUES('registrations','sms_sent',2);
INSERT INTO "state_counts" VALUES('registrations','verifying',0);
CREATE TABLE test_clocks (
	merchant TEXT NOT NULL PRIMARY KEY REFERENCES merchants (id),
	offset_ms INTEGER NOT NULL CHECK (offset_ms >= 0),
	updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_endpoints (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL UNIQUE,
	merchant TEXT NOT NULL REFERENCES merchants (id),
	url TEXT NOT NULL,
	events TEXT NOT NULL,
	enabled INTEGER NOT NULL,
	secret TEXT NOT NULL,
	secret_before TEXT NOT NULL,
	before_until INTEGER NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
INSERT INTO "webhook_endpoints" VALUES(1,'we_0xxa7z2zgxgast3xr9xm603apv','mer_09cehjfmf0gqxy5pjq3wbvpgy4','https://127.0.0.1:51527/webhooks','',1,'whsec_8So0XQ+EKbbZllGM1Tu2RSg4+s5oqgiOg5Qo2F53lqw=','',0,1795658380158,1795658380158);
CREATE UNIQUE INDEX requests_order ON requests (merchant, order_id) WHERE order_id <> '';
CREATE INDEX requests_kind ON requests (kind);
CREATE INDEX requests_state ON requests (state);
CREATE INDEX requests_expiring ON requests (expires) WHERE leased = 1;
CREATE INDEX lease_rests_until ON lease_rests (until);
CREATE INDEX calls_open ON calls (seq) WHERE ended = 0;
CREATE INDEX call_steps_call ON call_steps (call);
CREATE INDEX consents_request ON consents (request);
CREATE INDEX attempts_request ON attempts (request);
CREATE INDEX attempts_open ON attempts (seq) WHERE state IN ('intended', 'sent', 'unknown', 'canceling');
CREATE INDEX idempotency_expires ON idempotency (expires);
CREATE INDEX outbox_due ON outbox (kind, next_try, id, merchant) WHERE state = 'waiting';
CREATE INDEX outbox_sending ON outbox (kind, merchant) WHERE state = 'sending';
CREATE INDEX span_bins_quarter ON span_bins (quarter);
CREATE INDEX cancellations_request ON cancellations (request);
CREATE INDEX cancellations_open ON cancellations (seq) WHERE state IN ('requested', 'sent', 'unknown', 'sent_again', 'doubted');
CREATE INDEX password_tries_day ON password_tries (day);
CREATE INDEX consent_chain_request ON consent_chain (request, number);
CREATE INDEX consent_chain_unsigned ON consent_chain (number) WHERE sign_key = '';
CREATE INDEX requests_of ON requests (merchant, kind, created);
CREATE INDEX requests_of_state ON requests (merchant, kind, state, created);
CREATE INDEX billing_keys_of ON billing_keys (merchant, created);
CREATE INDEX billing_keys_status ON billing_keys (merchant, status, created);
CREATE INDEX billing_keys_customer ON billing_keys (merchant, customer_ref, created);
CREATE INDEX calls_of ON calls (merchant, offered);
CREATE INDEX calls_state ON calls (merchant, state, offered);
CREATE INDEX calls_request ON calls (merchant, request, offered);
CREATE INDEX events_of ON events (merchant, at);
CREATE INDEX events_type ON events (merchant, type, at);
CREATE INDEX events_request ON events (merchant, request, at);
CREATE INDEX webhook_endpoints_of ON webhook_endpoints (merchant, created);
CREATE INDEX events_at ON events (at);
CREATE INDEX outbox_told ON outbox (created) WHERE kind = 'webhook';
CREATE INDEX sms_request ON sms (request, seq);
CREATE INDEX sms_provider_id ON sms (provider, provider_id) WHERE provider_id <> '';
CREATE INDEX reconciliations_day ON reconciliations (day);
CREATE INDEX reconciliation_rows_of ON reconciliation_rows (reconciliation);
CREATE INDEX reconciliation_rows_day ON reconciliation_rows (day, merchant);
CREATE INDEX reconciliation_merchants_of ON reconciliation_merchants (merchant, day);
CREATE INDEX requests_approved ON requests (approved) WHERE approved > 0;
CREATE INDEX cancellations_canceled ON cancellations (canceled) WHERE canceled > 0;
CREATE UNIQUE INDEX api_keys_id ON api_keys (id);
CREATE INDEX api_keys_of ON api_keys (merchant, created);
CREATE INDEX schedules_due ON schedules (due) WHERE state = 'active';
CREATE INDEX schedules_key ON schedules (billing_key);
CREATE INDEX schedules_of ON schedules (merchant, created);
CREATE INDEX schedules_of_state ON schedules (merchant, state, created);
CREATE INDEX schedules_of_key ON schedules (merchant, billing_key, created);
CREATE INDEX requests_schedule ON requests (merchant, schedule, created) WHERE schedule <> '';
CREATE INDEX billing_keys_phone ON billing_keys (phone) WHERE status <> 'deleted';
CREATE TRIGGER requests_counted AFTER INSERT ON requests BEGIN
	INSERT INTO state_counts (what, state, count) VALUES (CASE NEW.kind WHEN 1 THEN 'registrations' ELSE 'payments' END, NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER requests_recounted AFTER UPDATE OF state ON requests WHEN OLD.state <> NEW.state BEGIN
	UPDATE state_counts SET count = count - 1
		WHERE what = CASE OLD.kind WHEN 1 THEN 'registrations' ELSE 'payments' END AND state = OLD.state;
	INSERT INTO state_counts (what, state, count) VALUES (CASE NEW.kind WHEN 1 THEN 'registrations' ELSE 'payments' END, NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outbox_counted AFTER INSERT ON outbox BEGIN
	INSERT INTO state_counts (what, state, count) VALUES ('outbox', NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outbox_recounted AFTER UPDATE OF state ON outbox WHEN OLD.state <> NEW.state BEGIN
	UPDATE state_counts SET count = count - 1 WHERE what = 'outbox' AND state = OLD.state;
	INSERT INTO state_counts (what, state, count) VALUES ('outbox', NEW.state, 1)
		ON CONFLICT (what, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outbox_uncounted AFTER DELETE ON outbox BEGIN
	UPDATE state_counts SET count = count - 1 WHERE what = 'outbox' AND state = OLD.state;
END;
CREATE INDEX reconciliation_merchants_day ON reconciliation_merchants (day);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('webhook_endpoints',1);
INSERT INTO "sqlite_sequence" VALUES('column_keys',1);
COMMIT;
