// Judges answers of the API by its OpenAPI document. Neither the document's reader nor the validator is ours.
// stdin: {document, exchanges: [{name, path, method, status, type, body, sent?}]}; stdout: {faults: [...], seen: {"get /path": [status]}}
import SwaggerParser from "@apidevtools/swagger-parser";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { readFileSync } from "node:fs";

const { document, exchanges } = JSON.parse(readFileSync(0, "utf8"));
await SwaggerParser.validate(structuredClone(document));

// What is not described must not be answered: each object is closed, but for those that others are made of.
const bases = new Set();
const walk = (part, visit) => {
	if (part === null || typeof part !== "object") return;
	visit(part);
	Object.values(part).forEach((value) => walk(value, visit));
};
walk(document, (part) => part.allOf?.forEach((base) => base.$ref && bases.add(base.$ref)));
const closed = structuredClone(document), schemas = closed.components.schemas;
const close = (part) => {
	if (part.properties && !Array.isArray(part.properties) && part.additionalProperties === undefined) part.unevaluatedProperties = false;
};
for (const base of bases) schemas[base.split("/").pop() + ".open"] = structuredClone(schemas[base.split("/").pop()]);
for (const [name, schema] of Object.entries(schemas))
	walk(schema, (part) => {
		part.allOf?.forEach((base) => { if (base.$ref) base.$ref += ".open"; });
		if (part !== schema || !name.endsWith(".open")) close(part);
	});

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: "api:closed", ...closed });
const escaped = (text) => encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
const validators = new Map();
const validator = (...steps) => {
	const pointer = "api:closed#/" + steps.map(escaped).join("/");
	if (!validators.has(pointer)) validators.set(pointer, ajv.compile({ $ref: pointer }));
	return validators.get(pointer);
};
const words = (check) => check.errors.slice(0, 5).map((e) => `${e.instancePath || "/"} ${e.message} ${JSON.stringify(e.params)}`).join("; ");

const faults = [], seen = {};
for (const x of exchanges) {
	const operation = document.paths[x.path]?.[x.method], route = `${x.method} ${x.path}`;
	const fault = (why) => faults.push(`${x.name}: ${route} ${x.status}: ${why}`);
	if (!operation) { fault("is not in the document"); continue; }
	(seen[route] ??= []).includes(x.status) || seen[route].push(x.status);
	const response = operation.responses[x.status];
	if (!response) { fault("the document has no such status here"); continue; }
	const steps = response.$ref ? response.$ref.slice(2).split("/") : ["paths", x.path, x.method, "responses", String(x.status)];
	const content = (response.$ref ? steps.reduce((at, step) => at[step], document) : response).content;
	if (content) {
		const type = (x.type ?? "").split(";")[0];
		if (!content[type]) { fault(`answers with ${x.type}, the document says ${Object.keys(content)}`); continue; }
		const check = validator(...steps, "content", type, "schema");
		if (!check(x.body)) fault(words(check));
	} else if (x.body !== null && x.body !== "") {
		fault("has a body that the document does not know");
	}
	if (x.status >= 400 && x.body?.code && !operation["x-problems"].includes(x.body.code))
		fault(`the document has no ${x.body.code} here`);
	if (x.sent !== undefined && x.status < 300 && operation.requestBody) {
		const check = validator("paths", x.path, x.method, "requestBody", "content", "application/json", "schema");
		if (!check(x.sent)) fault(`took what the document forbids: ${words(check)}: ${JSON.stringify(x.sent).slice(0, 200)}`);
	}
}
process.stdout.write(JSON.stringify({ faults, seen }));
