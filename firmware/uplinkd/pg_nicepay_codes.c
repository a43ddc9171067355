/* pg_nicepay_codes.c: result codes and card companies of common/code.md (card codes: "카드코드", results: "API 응답코드"; the words
 * are that table's). The class is ours: who can mend it (payments in docs/pg.md). A code that other ways of payment have alone
 * is not here. */
#include <string.h>

#include "uplinkd/pg_nicepay.h"

#define YES(code, words) { code, NICEPAY_YES, UPLINK_DECLINE_NONE, words }
#define INPUT(code, words) { code, NICEPAY_NO, UPLINK_DECLINE_INPUT, words }
#define DEAD(code, words) { code, NICEPAY_NO, UPLINK_DECLINE_DEAD_CARD, words }
#define ISSUER(code, words) { code, NICEPAY_NO, UPLINK_DECLINE_ASK_ISSUER, words }
#define MERCHANT(code, words) { code, NICEPAY_NO, UPLINK_DECLINE_MERCHANT, words }
#define SYSTEM(code, words) { code, NICEPAY_NO, UPLINK_DECLINE_SYSTEM, words }
#define UNSURE(code, words) { code, NICEPAY_UNSURE, UPLINK_DECLINE_SYSTEM, words }
#define NO_ORDER(code, words) { code, NICEPAY_NO_ORDER, UPLINK_DECLINE_SYSTEM, words }
#define NO_KEY(code, words) { code, NICEPAY_NO_KEY, UPLINK_DECLINE_DEAD_CARD, words }

const struct nicepay_code nicepay_codes[] = {
	YES("0000", "결제성공"), YES("3001", "카드 결제 성공"), YES("F100", "빌키가 정상적으로 생성되었습니다."),
	YES("F101", "빌링 정보가 정상적으로 삭제되었습니다."), YES("F200", "빌링 요청승인이 정상적으로 이루어졌습니다"),
	YES("2001", "취소 성공"), YES("2211", "환불 성공 (2001과 함께 취소 성공 처리할 것)"),

	INPUT("3011", "카드번호 오류"), INPUT("3021", "유효기간 오류"),
	INPUT("F112", "유효하지않은 카드번호를 입력하셨습니다 (card_bin 없음)"), INPUT("F113", "본인의 신용카드 확인중 오류가 발생하였습니다"),
	DEAD("3053", "확인 불가 해외카드"), DEAD("3057", "인증 불가카드"), DEAD("P021", "지원 카드가 아닙니다."),
	DEAD("F118", "해당카드는 사용이 불가능 합니다 타사카드를 이용해주세요"),
	ISSUER("3095", "카드사 실패 응답"), ISSUER("3081", "카드 잔액 값 오류"),

	MERCHANT("3012", "카드가맹점 정보 미확인"), MERCHANT("3013", "카드 가맹점 개시 안됨"), MERCHANT("3014", "카드가맹점 정보 오류"),
	MERCHANT("3022", "할부개월오류"), MERCHANT("3023", "할부개월 한도 초과"), MERCHANT("3024", "할부 최소금액 오류(50000미만)"),
	MERCHANT("3031", "무이자할부 카드 아님"), MERCHANT("3032", "무이자할부 불가 개월수"), MERCHANT("3033", "무이자할부 가맹점 아님"),
	MERCHANT("3034", "무이자할부 구분 미설정"), MERCHANT("3041", "금액 오류(1000원 미만 신용카드 승인 불가)"),
	MERCHANT("3051", "해외카드 미등록 가맹점"), MERCHANT("3052", "통화코드 오류"), MERCHANT("3091", "제휴카드 사용불가 가맹점"),
	MERCHANT("2032", "취소금액이 취소가능금액보다 큼"), MERCHANT("2151", "거래정지 가맹점"), MERCHANT("2152", "미등록가맹점"),
	MERCHANT("2014", "취소 불가능 거래"), MERCHANT("2016", "취소 기한 초과"), MERCHANT("2017", "취소 불가 회원사"),
	MERCHANT("2018", "신용카드 매입후 취소 불가능 가맹점"), MERCHANT("2019", "타 회원사 거래 취소 불가"), MERCHANT("2023", "취소 한도 초과"),
	MERCHANT("2028", "부분취소 불가능 가맹점"), MERCHANT("2029", "부분취소 불가능 결제수단"), MERCHANT("2030", "해당결제수단 부분취소 불가"),
	MERCHANT("2031", "전체금액취소 불가"), MERCHANT("2033", "부분취소 불가능금액 전체취소 이용바람"), MERCHANT("1534", "부분취소 불가능 거래"),
	MERCHANT("2010", "취소 요청금액 0원 이하"), MERCHANT("2011", "취소 금액 불일치"), MERCHANT("U123", "취소금액이 취소가능금액보다 큼."),
	MERCHANT("U128", "부분취소는 운영 환경에서 이용 가능(샌드박스는 부분취소 미제공)"), MERCHANT("U318", "취소 금액 불일치"),
	MERCHANT("U319", "요청하신 면세금액이 취소가능한 면세금액을 초과 오류"), MERCHANT("U321", "면세금액이 결제금액 보다 큼."),
	MERCHANT("F115", "빌키 발급 불가 가맹점입니다.(중지)"), MERCHANT("F116", "빌키 발급 불가 가맹점입니다.(해지)"),
	MERCHANT("F117", "빌링 미사용 가맹점입니다"), MERCHANT("F201", "이미 등록된 카드 입니다(빌키발급실패)"),
	MERCHANT("A101", "SIGN DATA 검증에 실패하였습니다"), MERCHANT("A109", "요청한 MID의 설정 정보가 없습니다"),
	MERCHANT("A113", "결제 금액이 최소 금액보다 적습니다"), MERCHANT("A114", "상점 MID가 유효하지 않습니다"),
	MERCHANT("A116", "요청 금액이 올바르지 않습니다"), MERCHANT("A122", "타 상점 거래 처리 불가(MID 불일치)"),
	MERCHANT("A128", "키인 가맹점 아닙니다"), MERCHANT("A150", "ARS 이용 가맹점이 아닙니다"), MERCHANT("A224", "허용되지 않은 IP입니다"),
	MERCHANT("U102", "사용자 인증정보가 존재하지 않습니다."), MERCHANT("U103", "사용자 인증타입이 맞지 않습니다."),
	MERCHANT("U104", "사용자 인증에 실패하였습니다."), MERCHANT("U108", "허가되지 않은 요청 입니다."), MERCHANT("U109", "허용되지 않은 요청 입니다."),
	MERCHANT("U304", "BASIC AUTHENTICATION 실패"), MERCHANT("U312", "SIGN DATA 검증에 실패하였습니다."),
	MERCHANT("U313", "상점 MID가 유효하지 않습니다."), MERCHANT("U315", "허용되지 않은 IP 입니다."),
	MERCHANT("U316", "상점 기준정보가 유효하지 않습니다."), MERCHANT("P037", "5만원 미만인 경우 할부 지정이 불가 합니다."),

	SYSTEM("A102", "은(는) 알 수 없는 TYPE 입니다"), SYSTEM("A106", "날짜 형식이 올바르지 않습니다"),
	SYSTEM("A110", "외부 연동결과 실패에 대한 코드(외부 에러메세지 그대로 전달)"), SYSTEM("A117", "필수입력항목이 누락되었습니다"),
	SYSTEM("A147", "필드 길이가 초과되었습니다"), SYSTEM("A204", "전문 복호화 오류가 발생하였습니다"), SYSTEM("A211", "해쉬값 검증에 실패하였습니다"),
	SYSTEM("A212", "잘못된 데이터 형식입니다"), SYSTEM("A246", "비정상 과다접속으로 인한 오류입니다"), SYSTEM("U100", "필수입력항목이 누락되었습니다."),
	SYSTEM("U105", "필드 최대길이 초과"), SYSTEM("U124", "필드 길이가 잘못되었습니다."), SYSTEM("U125", "잘못된 요청 입니다."),
	SYSTEM("U308", "Method Not Allowed."), SYSTEM("U320", "페이지를 찾을 수 없습니다."),

	UNSURE("2000", "DB오류"), UNSURE("2015", "기 취소 요청"), UNSURE("2156", "중복등록된거래요청"), UNSURE("2201", "기승인존재"),
	UNSURE("A127", "주문번호 중복 오류"), UNSURE("A225", "TID 중복 오류"), UNSURE("A226", "전문통신 과정에서 오류가 발생하였습니다"),
	UNSURE("A254", "제휴사 응답전문이 유효하지 않습니다."), UNSURE("A299", "API 지연처리 발생."), UNSURE("A304", "DB테이블 INSERT 오류발생."),
	UNSURE("A306", "DB테이블 UPDATE 실패."), UNSURE("A401", "대외계 전문통신 과정에서 오류가 발생하였습니다."),
	UNSURE("A402", "DB트랜잭션 처리에 실패하였습니다."), UNSURE("A403", "대외기관 응답 전문이 올바르지 않습니다."),
	UNSURE("F106", "DB 처리중 오류가 발생하였습니다 (TB_TRANS_REQ)"), UNSURE("F107", "DB 처리중 오류가 발생하였습니다 (TB_TRANS)"),
	UNSURE("F108", "DB 처리중 오류가 발생하였습니다 (TB_TRANS_HISTORY)"), UNSURE("F109", "DB 처리중 오류가 발생하였습니다 (TB_BILL_MASTER)"),
	UNSURE("F110", "빌키발급 처리중 오류가 발생하였습니다"), UNSURE("A253", "빌키(BID) 생성에 실패하였습니다."),
	UNSURE("9002", "Try-Catch-Exception"), UNSURE("S999", "기타오류가 발생하였습니다."),
	UNSURE("T001", "수신메시지 인코딩 중 예외가 발생하였습니다"), UNSURE("T002", "비정상적인 수신 전문입니다"),
	UNSURE("T003", "수신데이터 파싱 중 예외가 발생하였습니다"), UNSURE("X002", "서버로 소켓 연결 중 오류가 발생하였습니다"),
	UNSURE("X003", "전문 수신 중 오류가 발생하였습니다"), UNSURE("X004", "전문 송신 중 오류가 발생하였습니다"),
	UNSURE("P015", "orderid 가 이미 존재합니다."), UNSURE("P026", "승인서버 요청 에러"), UNSURE("P027", "원격 실패(MCI)"),
	UNSURE("P035", "망취소 요청 오류 입니다."), UNSURE("P044", "승인 상태 수정에 실패하였습니다."), UNSURE("P101", "DB 트랜잭션 실패"),
	UNSURE("U112", "이미 사용된 OrderId 입니다."), UNSURE("U303", "API 지연처리 발생."),
	UNSURE("U501", "대외계 전문통신 과정에서 오류가 발생하였습니다."), UNSURE("U503", "망취소 요청"),
	UNSURE("U504", "결제에 실패하였습니다.(망취소 처리)"), UNSURE("U506", "DB 테이블 INSERT 오류발생."),
	UNSURE("U507", "DB 테이블 UPDATE 실패."), UNSURE("U508", "서버로 소켓 연결 중 오류가 발생하였습니다."),
	/* What is made, signed, noted or sent once the card company has answered: the order may be approved behind these. */
	UNSURE("3062", "신용카드 승인번호 오류"), UNSURE("2154", "제휴사상태미확인"),
	UNSURE("A144", "가맹점 결과 통보에 실패하였습니다"), UNSURE("A202", "결과코드 생성이 누락되었습니다"),
	UNSURE("A203", "결과메시지 생성이 누락되었습니다"), UNSURE("A205", "전문 암호화 오류가 발생하였습니다"),
	UNSURE("A244", "주문내역 갱신에 실패하였습니다"), UNSURE("A252", "Signature 생성에 실패하였습니다."),
	UNSURE("A257", "주문정보 저장에 실패하였습니다."), UNSURE("P102", "auth history 데이터 추가 실패하였습니다."),
	UNSURE("P103", "log trace 데이터 추가 실패하였습니다."), UNSURE("S002", "응답템플릿이 존재하지 않습니다."),
	UNSURE("U113", "빌키 승인 금액 불일치"), UNSURE("U114", "이미 사용된 TID 입니다."),
	UNSURE("U302", "응답전문 최대 길이 초과."), UNSURE("U310", "SIGN DATA 생성에 실패하였습니다."),
	UNSURE("U314", "전문 암호화 오류가 발생하였습니다."),

	NO_ORDER("2012", "취소 해당거래 없음"), NO_ORDER("A118", "조회 결과데이터 없음"), NO_ORDER("A214", "해당하는 카드거래가 없습니다"),
	NO_ORDER("A251", "거래내역이 존재하지 않습니다."), NO_ORDER("U107", "거래내역이 존재 하지 않습니다."),
	NO_ORDER("U111", "조회내용이 없습니다."), NO_ORDER("U122", "취소 해당거래 없음"), NO_ORDER("U126", "orderId가 존재 하지 않습니다."),

	NO_KEY("A124", "해당 BID가 존재하지 않습니다"), NO_KEY("A125", "BID가 유효하지 않습니다"),
	NO_KEY("A126", "이미 삭제된 빌키이거나 존재하지 않은 빌키입니다"), NO_KEY("A223", "billKey 정보를 찾을 수 없습니다"),
	NO_KEY("U115", "삭제 처리된 BID 입니다."), NO_KEY("U309", "발급되지 않은 BID 입니다."),

	{ "2013", NICEPAY_CANCELED, UPLINK_DECLINE_SYSTEM, "취소 완료 거래" },
	{ "2020", NICEPAY_TOO_LATE, UPLINK_DECLINE_SYSTEM, "망상 취소 허용시간 초과" },
};
const size_t nicepay_code_count = ARRAY_LEN(nicepay_codes);

const struct nicepay_code *nicepay_code_find(const char *code)
{
	for (size_t i = 0; i < nicepay_code_count; i++)
		if (strcmp(nicepay_codes[i].code, code) == 0)
			return &nicepay_codes[i];
	return NULL;
}

/* With 3095 the gateway passes on the card company's own words. */
static enum uplink_decline class_of_words(const char *words)
{
	static const struct { const char *word; enum uplink_decline class; } known[] = {
		{ "한도", UPLINK_DECLINE_FUNDS }, { "잔액", UPLINK_DECLINE_FUNDS },
		{ "분실", UPLINK_DECLINE_DEAD_CARD }, { "도난", UPLINK_DECLINE_DEAD_CARD }, { "정지", UPLINK_DECLINE_DEAD_CARD },
		{ "해지", UPLINK_DECLINE_DEAD_CARD }, { "비밀번호", UPLINK_DECLINE_INPUT }, { "생년월일", UPLINK_DECLINE_INPUT },
		{ "사업자번호", UPLINK_DECLINE_INPUT }, { "유효기간", UPLINK_DECLINE_INPUT },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strstr(words, known[i].word) != NULL)
			return known[i].class;
	return UPLINK_DECLINE_ASK_ISSUER;
}

enum uplink_decline nicepay_class(const char *code, const char *words)
{
	const struct nicepay_code *c = nicepay_code_find(code);

	if (strcmp(code, "3095") == 0)
		return class_of_words(words);
	return c != NULL && c->class != UPLINK_DECLINE_NONE ? c->class : UPLINK_DECLINE_SYSTEM;
}

const char *nicepay_issuer(const char *card_code)
{
	static const struct { const char *code, *issuer; } names[] = {
		{ "01", "bc" }, { "02", "kb" }, { "03", "hana" }, { "04", "samsung" }, { "06", "shinhan" }, { "07", "hyundai" },
		{ "08", "lotte" }, { "11", "citi" }, { "12", "nh" }, { "15", "woori" }, { "16", "hana" }, { "37", "kakao" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].code, card_code) == 0)
			return names[i].issuer;
	return "";
}
