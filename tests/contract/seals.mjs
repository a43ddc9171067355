// Checks what the appliance has signed and sealed with the packages that merchants and gateways use: standardwebhooks and jose.
// stdin: {webhooks: [{secret, headers, body}], records: [{key, jwe}]}; stdout: {webhooks: ["" or why not], records: [{header, clear} or {why}]}
import { Webhook } from "standardwebhooks";
import { compactDecrypt, importPKCS8 } from "jose";
import { readFileSync } from "node:fs";

const { webhooks, records } = JSON.parse(readFileSync(0, "utf8"));
const answer = { webhooks: [], records: [] };
for (const { secret, headers, body } of webhooks) {
	try {
		new Webhook(secret).verify(body, headers);
		answer.webhooks.push("");
	} catch (error) {
		answer.webhooks.push(error.message);
	}
}
for (const { key, jwe } of records) {
	try {
		const algorithm = JSON.parse(Buffer.from(jwe.split(".")[0], "base64url")).alg;
		const { plaintext, protectedHeader } = await compactDecrypt(jwe, await importPKCS8(key, algorithm));
		answer.records.push({ header: protectedHeader, clear: JSON.parse(new TextDecoder().decode(plaintext)) });
	} catch (error) {
		answer.records.push({ why: error.message });
	}
}
process.stdout.write(JSON.stringify(answer));
