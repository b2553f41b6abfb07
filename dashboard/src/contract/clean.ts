// What comes over the wire is not trusted: only what has the contract's shape gets further.
import { shapes } from "./generated";

type Shape = string | readonly [Shape] | { readonly [key: string]: Shape };
export type SchemaName = keyof typeof shapes;

export const MAX_TEXT = 512; // characters; longer ones are cut
export const MAX_ITEMS = 256; // of an array or an object
const MAX_NUMBER = 1e15; // no reading is larger: bytes of a petabyte, µs of 30 years

function cleanSimple(kind: string, value: unknown): unknown {
	if (kind === "any" ? typeof value === "object" : typeof value !== kind)
		return undefined;
	if (typeof value === "string")
		return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
	if (typeof value === "number")
		return Number.isFinite(value) && Math.abs(value) <= MAX_NUMBER ? value : undefined;
	return value;
}

function cleanObject(shape: { readonly [key: string]: Shape }, value: object): unknown {
	const source = value as { [key: string]: unknown };
	const result: { [key: string]: unknown } = Object.create(null);
	for (const [name, inner] of Object.entries(shape)) {
		const optional = name.endsWith("?");
		const key = optional ? name.slice(0, -1) : name;
		if (name === "*")
			continue;
		const cleaned = Object.hasOwn(source, key) ? cleanShape(inner, source[key]) : undefined;
		if (cleaned !== undefined)
			result[key] = cleaned;
		else if (!optional)
			return undefined;
	}
	if (shape["*"] !== undefined) {
		for (const key of Object.keys(source).slice(0, MAX_ITEMS)) {
			const cleaned = cleanShape(shape["*"], source[key]);
			if (cleaned !== undefined && key.length <= MAX_TEXT && !(key in result))
				result[key] = cleaned;
		}
	}
	return result;
}

/** The value with what does not fit left out; undefined if it is of another kind altogether. */
export function cleanShape(shape: Shape, value: unknown): unknown {
	if (typeof shape === "string") {
		const nullable = shape.endsWith("|null");
		if (nullable && value === null)
			return null;
		return cleanSimple(nullable ? shape.slice(0, -"|null".length) : shape, value);
	}
	if (Array.isArray(shape)) {
		if (!Array.isArray(value))
			return undefined;
		return value.slice(0, MAX_ITEMS).map((item) => cleanShape(shape[0], item)).filter((item) => item !== undefined);
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		return undefined;
	return cleanObject(shape as { readonly [key: string]: Shape }, value);
}

export function clean<T>(schema: SchemaName, value: unknown): T | undefined {
	return cleanShape(shapes[schema] as Shape, value) as T | undefined;
}
