import { useEffect, useState } from "preact/hooks";
import { Library } from "../library/library";
import { nodeName } from "../state/node";
import type { Store } from "../state/store";
import { useText } from "../text/text";
import { useConnection, useRoute, useServices, useStore } from "../ui/hooks";
import { Button, Dialog, LinkBadge, LinkBar, Logo, Preferences } from "../ui/parts";
import { Live } from "./live";
import { Login } from "./login";
import { Readings } from "./readings";
import { logOut, readSession, type Session } from "./session";

const RETRY_MS = 2000;

/** The one node of this page, as soon as it has said who it is. */
export function theNode(store: Store) {
	return store.nodes.values().next().value;
}

function useSession(): [Session | null, () => void] {
	const { store } = useServices();
	const loginNeeded = useStore((state) => state.link.state === "login");
	const [session, set] = useState<Session | null>(null);
	const [asked, ask] = useState(0);
	useEffect(() => {
		let timer = 0;
		let ended = false;
		const read = async () => {
			try {
				const answer = await readSession();
				if (!ended)
					set(answer);
			} catch {
				if (ended)
					return;
				if (store.link.state !== "lost")
					store.setLink({ state: "lost", since: Date.now(), why: "" });
				timer = window.setTimeout(read, RETRY_MS);
			}
		};
		void read();
		return () => {
			ended = true;
			clearTimeout(timer);
		};
	}, [asked, loginNeeded, store]);
	return [session, () => ask((count) => count + 1)];
}

export function App() {
	const { carrier } = useServices();
	const [session, ask] = useSession();
	useConnection(carrier, !!session?.role, 0);

	if (session && !session.role)
		return <Login onDone={ask} />;
	return <Page session={session} onLogOut={() => void logOut().finally(() => location.reload())} />;
}

function Page({ session, onLogOut }: { session: Session | null; onLogOut: () => void }) {
	const text = useText();
	const link = useStore((store) => store.link);
	const name = useStore((store) => { const node = theNode(store); return node ? nodeName(node) : ""; });
	const id = useStore((store) => theNode(store)?.id ?? "");
	const [settings, showSettings] = useState(false);
	const [page, ...rest] = useRoute();
	const operator = session?.role === "operator";
	const shown = page === "recordings" ? "recordings" : "cameras";
	useEffect(() => {
		document.title = name ? `${name} – ${text.appName}` : text.appName;
	}, [name, text]);

	const tab = (id: "cameras" | "recordings") => (
		<a href={id === "cameras" ? "#/" : "#/recordings"} aria-current={shown === id ? "page" : undefined}>{text[id]}</a>
	);
	return (
		<div class={`page link-is-${link.state}`}>
			<a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>
				{text.skipToContent}
			</a>
			<header class="top">
				<Logo />
				<h1 id="name">{name || text.appName}</h1>
				<LinkBadge link={link} />
				<nav aria-label={text.appName}>{tab("cameras")}{tab("recordings")}</nav>
				<Button icon="settings" label={text.settings} bare onClick={() => showSettings(true)} />
			</header>
			<LinkBar link={link} what={text.theNode} seen={name !== ""} />
			<main id="content" tabIndex={-1}>
				{shown === "cameras" ? <><Readings /><Live operator={operator} /></> : <Library place={{ node: id, base: "", route: "#/recordings" }} open={rest.join("/")} why={!operator ? text.onlyOperator : link.state !== "live" ? text.whyLost : ""} />}
			</main>
			{settings && (
				<Dialog title={text.settings} onClose={() => showSettings(false)}>
					<Preferences />
					{session?.login && (
						<p class="session">
							{text.loginAs(text[session.role!])}
							<Button id="logout" label={text.logOut} onClick={onLogOut} />
						</p>
					)}
				</Dialog>
			)}
		</div>
	);
}
