/*
 * Holds proto/asyncapi.yaml against AsyncAPI 3.0 with that project's own parser, proto/openapi.json
 * against OpenAPI 3.1, and every example in the former and in proto/schemas against its JSON Schema
 * with ajv. contract.py of the lint tests compares the same files with the tables in C.
 *
 * Usage: node documents.mjs PROTO
 */
import {readFileSync, readdirSync} from "node:fs";
import path from "node:path";
import {Validator} from "@seriousme/openapi-schema-validator";
import {Parser} from "@asyncapi/parser";
import {Ajv2020} from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const ERROR = 0; // of the parser's severities; the others are advice

const proto = path.resolve(process.argv[2]);
const problems = [];
const counts = {channels: 0, operations: 0, messages: 0, examples: 0, "schema examples": 0};

const ajv = new Ajv2020({strictSchema: true, strictTypes: false, allErrors: true});
addFormats(ajv);
ajv.addFormat("binary", true);

function hold(place, validate, value) {
	if (!validate(value))
		problems.push(`${place}: ${ajv.errorsText(validate.errors)}`);
}

function checkSchemas() {
	const folder = path.join(proto, "schemas");

	for (const name of readdirSync(folder)) {
		const schema = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
		const validate = ajv.compile(schema);

		for (const [index, example] of schema.examples.entries()) {
			hold(`schemas/${name}: example ${index}`, validate, example);
			counts["schema examples"]++;
		}
	}
}

/* A message's schema: one of the files, which are compiled already, or written out in place. */
function validatorOf(message) {
	const schema = message.payload().json();

	if (schema.$id)
		return ajv.getSchema(schema.$id);
	return ajv.compile(Object.fromEntries(
		Object.entries(schema).filter(([key]) => !key.startsWith("x-parser-"))));
}

function checkMessage(message) {
	const examples = message.examples().all();

	counts.messages++;
	if (examples.length === 0 && message.contentType() !== "image/jpeg")
		problems.push(`message ${message.id()}: has no examples`);
	if (!message.contentType())
		problems.push(`message ${message.id()}: has no content type`);
	for (const [index, example] of examples.entries()) {
		hold(`message ${message.id()}: example ${index}`, validatorOf(message), example.payload());
		counts.examples++;
	}
}

async function checkAsyncapi() {
	const file = path.join(proto, "asyncapi.yaml");
	const {document, diagnostics} = await new Parser().parse(readFileSync(file, "utf8"), {source: file});

	for (const diagnostic of diagnostics.filter((one) => one.severity === ERROR))
		problems.push(`asyncapi.yaml: ${diagnostic.path.join(".")}: ${diagnostic.message}`);
	if (!document)
		return;
	document.components().messages().all().forEach(checkMessage);
	for (const operation of document.operations().all()) {
		const mqtt = operation.bindings().get("mqtt")?.value();

		counts.operations++;
		if (mqtt?.qos === undefined || mqtt.retain === undefined)
			problems.push(`operation ${operation.id()}: has no QoS and retain`);
		if (operation.isReceive() && !operation.reply())
			problems.push(`operation ${operation.id()}: has no reply`);
	}
	counts.channels = document.channels().all().length;
}

async function checkOpenapi() {
	const document = JSON.parse(readFileSync(path.join(proto, "openapi.json"), "utf8"));
	const validator = new Validator();
	const {valid, errors} = await validator.validate(document);

	counts.paths = Object.keys(document.paths).length;
	if (!valid || validator.version !== "3.1")
		problems.push(`openapi.json: ${ajv.errorsText(errors)} (version ${validator.version})`);
}

checkSchemas();
await checkAsyncapi();
await checkOpenapi();
problems.forEach((problem) => console.log(problem));
console.log(Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", "));
process.exit(problems.length > 0 || counts.messages === 0 ? 1 : 0);
