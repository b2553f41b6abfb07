// Dark or light: as the system has it, unless the user chose.
import { useEffect, useState } from "preact/hooks";
import { recall, remember } from "./memory";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = typeof themes[number];

let current: Theme = "auto";
const listeners = new Set<(theme: Theme) => void>();

function apply(theme: Theme): void {
	current = theme;
	if (theme === "auto")
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = theme;
	for (const listener of listeners)
		listener(theme);
}

export function startTheme(): void {
	const saved = recall("theme");
	apply(themes.find((theme) => theme === saved) ?? "auto");
}

export function setTheme(theme: Theme): void {
	remember("theme", theme);
	apply(theme);
}

export function useTheme(): Theme {
	const [theme, set] = useState(current);
	useEffect(() => {
		listeners.add(set);
		return () => void listeners.delete(set);
	}, []);
	return theme;
}
