import { createContext } from "preact";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Carrier } from "../carrier/carrier";
import type { Store } from "../state/store";
import { locale, useText } from "../text/text";
import { Format } from "./format";

export interface Services {
	store: Store;
	carrier: Carrier;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
	return useContext(ServicesContext)!;
}

/** What `select` takes from the store; drawn again only when that is another value. */
export function useStore<T>(select: (store: Store) => T): T {
	const { store } = useServices();
	const [, redraw] = useState(0);
	const latest = useRef({ select, value: select(store) });
	latest.current = { select, value: select(store) };
	// At once with what is drawn: a change before a later effect would go unseen.
	useLayoutEffect(() => store.subscribe(() => {
		if (!Object.is(latest.current.select(store), latest.current.value))
			redraw((count) => count + 1);
	}), [store]);
	return latest.current.value;
}

const formats = new Map<string, Format>();

export function useFormat(): Format {
	useText(); // drawn again when the language changes
	const tag = locale();
	let format = formats.get(tag);
	if (!format)
		formats.set(tag, format = new Format(tag));
	return format;
}

/** The time, drawn again every `ms`; not while the page is hidden. */
export function useNow(ms: number | null): number {
	const [now, set] = useState(() => Date.now());
	useEffect(() => {
		if (ms === null)
			return undefined;
		set(Date.now());
		const timer = setInterval(() => document.hidden || set(Date.now()), ms);
		return () => clearInterval(timer);
	}, [ms]);
	return now;
}

/** True while the page is seen. */
export function useVisible(): boolean {
	const [visible, set] = useState(!document.hidden);
	useEffect(() => {
		const update = () => set(!document.hidden);
		document.addEventListener("visibilitychange", update);
		return () => document.removeEventListener("visibilitychange", update);
	}, []);
	return visible;
}

/** Connected while it is wanted and the page is seen, and `lingerMs` longer. */
export function useConnection(carrier: Carrier, wanted: boolean, lingerMs: number): void {
	const visible = useVisible();
	useEffect(() => {
		if (wanted && visible)
			return carrier.start();
		if (!wanted || !lingerMs)
			return carrier.pause();
		const timer = setTimeout(() => carrier.pause(), lingerMs);
		return () => clearTimeout(timer);
	}, [carrier, wanted, visible, lingerMs]);
	// A page that is left is frozen and kept for "back", with its connections.
	useEffect(() => {
		const leave = () => carrier.pause();
		const comeBack = (event: PageTransitionEvent) => { if (event.persisted && wanted) carrier.start(); };
		addEventListener("pagehide", leave);
		addEventListener("pageshow", comeBack);
		return () => {
			removeEventListener("pagehide", leave);
			removeEventListener("pageshow", comeBack);
		};
	}, [carrier, wanted]);
}

/** The part of the address behind "#", as levels: "#/node/garage" is ["node", "garage"]. */
export function useRoute(): string[] {
	const read = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decode);
	const [route, set] = useState(read);
	useEffect(() => {
		const update = () => set(read());
		addEventListener("hashchange", update);
		return () => removeEventListener("hashchange", update);
	}, []);
	return route;
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
