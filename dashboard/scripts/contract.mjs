// Writes src/contract/generated.ts from proto/schemas: a TypeScript type for each payload, and its
// shape, by which clean.ts checks at run time what came over the wire.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const schemas = fileURLToPath(new URL("../../proto/schemas/", import.meta.url));
const target = fileURLToPath(new URL("../src/contract/generated.ts", import.meta.url));

const pascal = (name) => name.replace(/(^|-)(\w)/g, (_, _dash, letter) => letter.toUpperCase());
const key = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
const indent = (depth) => "\t".repeat(depth);

function simple(schema) {
	return [schema.type].flat().filter((type) => type && type !== "null");
}

function typeOf(schema, depth) {
	if (schema.const !== undefined)
		return JSON.stringify(schema.const);
	if (schema.enum)
		return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
	const choices = schema.oneOf ?? schema.anyOf;
	if (!schema.type && choices)
		return choices.map((choice) => typeOf(choice, depth)).join(" | ");
	const nullable = [schema.type].flat().includes("null") ? " | null" : "";
	const types = simple(schema).map((type) => {
		if (type === "array")
			return `Array<${schema.items ? typeOf(schema.items, depth) : "unknown"}>`;
		if (type === "object")
			return objectOf(schema, depth);
		return type === "integer" ? "number" : type;
	});
	return (types.length ? types.join(" | ") : "unknown") + nullable;
}

/** What every key that is not named holds. */
function restOf(schema) {
	return Object.values(schema.patternProperties ?? {})[0] ?? schema.additionalProperties;
}

function objectOf(schema, depth) {
	if (!schema.properties) {
		const rest = restOf(schema);
		return `Record<string, ${rest && typeof rest === "object" ? typeOf(rest, depth) : "unknown"}>`;
	}
	const lines = Object.entries(schema.properties).map(([name, property]) => {
		const optional = schema.required?.includes(name) ? "" : "?";
		const comment = property.description ? `${indent(depth + 1)}/** ${property.description} */\n` : "";
		return `${comment}${indent(depth + 1)}${key(name)}${optional}: ${typeOf(property, depth + 1)};`;
	});
	return `{\n${lines.join("\n")}\n${indent(depth)}}`;
}

// "string", "number", "boolean", "any", [of each item], or an object whose optional keys end in "?"
// and whose "*" stands for every other key. What may be null ends in "|null".
function shapeOf(schema) {
	const choices = schema.oneOf ?? schema.anyOf;
	if (!schema.type && choices && !schema.properties)
		return "any";
	if (schema.const !== undefined || schema.enum) {
		const kinds = new Set((schema.enum ?? [schema.const]).map((value) => typeof value));
		return kinds.size === 1 ? [...kinds][0] : "any";
	}
	const types = simple(schema);
	if (types.length !== 1)
		return "any";
	const nullable = [schema.type].flat().includes("null") ? "|null" : "";
	if (types[0] === "array")
		return [schema.items ? shapeOf(schema.items) : "any"];
	if (types[0] !== "object")
		return (types[0] === "integer" ? "number" : types[0]) + nullable;
	const shape = {};
	for (const [name, property] of Object.entries(schema.properties ?? {}))
		shape[schema.required?.includes(name) ? name : `${name}?`] = shapeOf(property);
	const rest = restOf(schema);
	if (rest && typeof rest === "object")
		shape["*"] = shapeOf(rest);
	else if (!schema.properties && rest !== false)
		shape["*"] = "any";
	return shape;
}

function generate() {
	const parts = ["// Written by scripts/contract.mjs from proto/schemas (npm run contract).\n"];
	const shapes = {};
	for (const file of readdirSync(schemas).filter((name) => name.endsWith(".json")).sort()) {
		const schema = JSON.parse(readFileSync(schemas + file, "utf8"));
		const name = file.replace(".json", "");
		parts.push(`/** ${schema.description} */\nexport type ${pascal(name)}Payload = ${typeOf(schema, 0)};\n`);
		shapes[name] = shapeOf(schema);
	}
	parts.push(`export const shapes = ${JSON.stringify(shapes, null, "\t")} as const;\n`);
	return parts.join("\n");
}

writeFileSync(target, generate());
