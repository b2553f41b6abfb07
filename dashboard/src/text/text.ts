// The language in use: chosen by the user, else the browser's.
import { useEffect, useState } from "preact/hooks";
import { en, type Text } from "./en";
import { ko } from "./ko";
import { recall, remember } from "../ui/memory";

const languages = { en, ko };
export type Language = keyof typeof languages;
export const languageNames: [Language, string][] = [["en", en.language], ["ko", ko.language]];

function isLanguage(text: string | null | undefined): text is Language {
	return !!text && Object.hasOwn(languages, text);
}

export function preferredLanguage(saved: string | null, wanted: readonly string[]): Language {
	if (isLanguage(saved))
		return saved;
	return wanted.map((tag) => tag.split("-")[0]!.toLowerCase()).find(isLanguage) ?? "en";
}

let current: Language = "en";
const listeners = new Set<(language: Language) => void>();

export function startLanguage(): void {
	setLanguage(preferredLanguage(recall("language"), navigator.languages), false);
}

export function setLanguage(language: Language, keep = true): void {
	current = language;
	document.documentElement.lang = language;
	if (keep)
		remember("language", language);
	for (const listener of listeners)
		listener(language);
}

/** A word of a table for what a message names, which may be anything: undefined if it has none. */
export function wordFor(table: { [name: string]: string }, name: string): string | undefined {
	return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The tag for Intl: the browser's regional variant of the language, if it has one. */
export function locale(): string {
	return navigator.languages.find((tag) => tag.startsWith(current)) ?? current;
}

export function text(): Text {
	return languages[current];
}

export function language(): Language {
	return current;
}

/** The strings; the component is drawn again when the language changes. */
export function useText(): Text {
	const [, set] = useState(current);
	useEffect(() => {
		listeners.add(set);
		return () => void listeners.delete(set);
	}, []);
	return text();
}
