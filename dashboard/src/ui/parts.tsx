// Small pieces that both pages are made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Reading } from "../state/node";
import type { Link } from "../state/store";
import { language, languageNames, setLanguage, useText, type Language } from "../text/text";
import { useFormat, useNow } from "./hooks";
import { setTheme, themes, useTheme, type Theme } from "./theme";

const ICONS = {
	record: "M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z",
	stop: "M7 7h10v10H7z",
	camera: "M4 8h3l2-3h6l2 3h3v11H4zm8 2.5a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.4z",
	expand: "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z",
	download: "M11 4h2v8l3-3 1.4 1.4L12 15.8l-5.4-5.4L8 9l3 3zM5 18h14v2H5z",
	settings: "M4 7h9.2a3 3 0 0 1 5.6 0H20v2h-1.2a3 3 0 0 1-5.6 0H4zm0 8h1.2a3 3 0 0 1 5.6 0H20v2h-9.2a3 3 0 0 1-5.6 0H4z",
	lock: "M7 10V8a5 5 0 0 1 10 0v2h2v11H5V10zm2 0h6V8a3 3 0 0 0-6 0z",
	trash: "M9 4h6l1 2h4v2H4V6h4zM6 9h12l-1 12H7z",
	close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4L12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
	play: "M8 5v14l11-7z",
	back: "M11 5 4 12l7 7 1.4-1.4L7.8 13H20v-2H7.8l4.6-4.6z",
	forward: "m13 5 7 7-7 7-1.4-1.4 4.6-4.6H4v-2h12.2l-4.6-4.6z",
	edit: "M4 16.5V20h3.5L17.8 9.7l-3.5-3.5zM19.9 7.6a1 1 0 0 0 0-1.4l-2.1-2.1a1 1 0 0 0-1.4 0l-1.2 1.2 3.5 3.5z",
	warning: "M12 3 1.5 21h21zm-1 7h2v5h-2zm0 6.5h2v2h-2z",
	film: "M4 5h16v14H4zm2 2v2h2V7zm0 4v2h2v-2zm0 4v2h2v-2zm10-8v2h2V7zm0 4v2h2v-2zm0 4v2h2v-2z",
	search: "M10 4a6 6 0 0 1 4.7 9.7l5 5-1.4 1.4-5-5A6 6 0 1 1 10 4zm0 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
};

export function Icon({ name }: { name: keyof typeof ICONS }) {
	return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={ICONS[name]} /></svg>;
}

export function Logo() {
	return (
		<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
			<rect width="32" height="32" rx="7" fill="#1b6ac9" />
			<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-width="3" />
			<circle cx="16" cy="16" r="3.5" fill="#fff" />
		</svg>
	);
}

interface ButtonProps extends Omit<JSX.HTMLAttributes<HTMLButtonElement>, "icon"> {
	icon?: keyof typeof ICONS;
	label: string;
	bare?: boolean; // only the icon is seen
	disabled?: boolean;
	type?: "button" | "submit";
}

export function Button({ icon, label, bare, class: extra, title, ...rest }: ButtonProps) {
	return (
		<button type="button" {...rest} class={`${bare ? "bare" : ""} ${extra ?? ""}`}
			title={title ?? (bare ? label : undefined)} aria-label={bare ? label : undefined}>
			{icon && <Icon name={icon} />}
			{!bare && <span>{label}</span>}
		</button>
	);
}

export interface Guard {
	disabled: boolean;
	"aria-describedby": string | undefined;
}

/** Greys buttons out when there is a reason `why`, and the line that tells it, to those who listen with each button. */
export function useReason(why: string): [Guard, ComponentChildren] {
	const id = useId();
	return [
		{ disabled: why !== "", "aria-describedby": why ? id : undefined },
		why && <p id={id} class="note reason">{why}</p>,
	];
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
	return <div class="empty"><p class="empty-title">{title}</p>{children}</div>;
}

/** What the connection is like: a word, and a bar across the page when what is seen may be old. */
export function LinkBadge({ link }: { link: Link }) {
	const text = useText();
	const words = { connecting: text.connecting, live: text.live, lost: text.lost, paused: text.paused, login: "" };
	return <span id="state" class={`badge link-${link.state}`} role="status">{words[link.state]}</span>;
}

export function LinkBar({ link, what, seen }: { link: Link; what: string; seen: boolean }) {
	const text = useText();
	const format = useFormat();
	const now = useNow(60_000);
	if (link.state !== "lost")
		return null;
	return (
		<p class="link-bar" role="alert">
			<Icon name="warning" />
			{seen ? text.lostSince(format.near(link.since, now)) : text.neverConnected(what)}
		</p>
	);
}

/** The last readings as a line; gaps where nothing was read. */
export function Sparkline({ history, pick, max, label }: {
	history: readonly Reading[]; pick: (reading: Reading) => number | undefined; max: number; label: string;
}) {
	const width = 96, height = 24;
	const step = width / Math.max(1, history.length - 1);
	let path = "";
	let pen = false;
	history.forEach((reading, i) => {
		const value = pick(reading);
		if (value === undefined) {
			pen = false;
			return;
		}
		const y = height - 1 - Math.min(1, Math.max(0, value / max)) * (height - 2);
		path += `${pen ? "L" : "M"}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
		pen = true;
	});
	return (
		<svg class="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
			<path d={path} />
		</svg>
	);
}

/** A dialogue of the browser: it keeps the keyboard inside and closes with Escape. */
export function Dialog({ title, onClose, children, wide }: {
	title: string; onClose: () => void; children: ComponentChildren; wide?: boolean;
}) {
	const text = useText();
	const ref = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const dialog = ref.current!;
		const before = document.activeElement;
		dialog.showModal();
		dialog.querySelector("input")?.focus();
		return () => {
			dialog.close();
			if (before instanceof HTMLElement)
				before.focus();
		};
	}, []);
	return (
		<dialog ref={ref} class={wide ? "wide" : ""} aria-label={title} onCancel={(event) => { event.preventDefault(); onClose(); }}
			onClick={(event) => event.target === ref.current && onClose()}>
			<header class="dialog-head">
				<h2>{title}</h2>
				<Button icon="close" label={text.close} bare onClick={onClose} />
			</header>
			{children}
		</dialog>
	);
}

/** Appearance and language. */
export function Preferences() {
	const text = useText();
	const theme = useTheme();
	const names: { [theme in Theme]: string } = { auto: text.themeAuto, light: text.themeLight, dark: text.themeDark };
	return (
		<div class="preferences">
			<label>
				<span>{text.theme}</span>
				<select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
					{themes.map((name) => <option key={name} value={name}>{names[name]}</option>)}
				</select>
			</label>
			<label>
				<span>{text.languageLabel}</span>
				<select value={language()} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
					{languageNames.map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
				</select>
			</label>
		</div>
	);
}
