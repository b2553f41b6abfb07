import { useEffect, useRef, useState } from "preact/hooks";
import { START } from "../state/tiles";
import { useText } from "../text/text";
import { useConnection, useFormat, useRoute, useStore } from "../ui/hooks";
import { Button, Dialog, Empty, Icon, LinkBadge, LinkBar, Logo, Preferences } from "../ui/parts";
import { useFleet } from "./context";
import { Feed } from "./feed";
import { Grid, type Kept } from "./grid";
import { BrokerLogin } from "./login";
import { NodePage } from "./page";

const PAUSE_MS = 5000; // a glance at another tab costs nothing

/** How many events have come since the list of them was looked at. */
function useUnseen(looking: boolean): number {
	const count = useStore((store) => store.eventCount);
	const seen = useRef(count);
	if (looking)
		seen.current = count;
	return count - seen.current;
}

/** Sites whose line to the broker is down: their nodes cannot say that they are offline. */
function SitesBar() {
	const text = useText();
	const sites = useStore((store) => [...store.sitesDown].sort().join(", "));
	return sites ? <p class="sites-bar" role="alert"><Icon name="warning" />{text.sitesDown(sites)}</p> : null;
}

export function FleetApp() {
	const text = useText();
	const { settings, carrier } = useFleet();
	const link = useStore((store) => store.link);
	const known = useStore((store) => store.nodes.size > 0);
	const format = useFormat();
	const route = useRoute();
	const [page] = route;
	const [query, onQuery] = useState(START);
	const [selected, onSelected] = useState<ReadonlySet<string>>(new Set());
	const scrolled = useRef(0);
	const [dialog, show] = useState<"settings" | "login" | "refused" | null>(null);
	const [user, setUser] = useState("");
	const title = settings.title || text.fleet;
	const shown = page === "events" ? "events" : "fleet";

	const unseen = useUnseen(shown === "events");

	useConnection(carrier, true, PAUSE_MS);
	useEffect(() => { document.title = `${title} – ${text.appName}`; }, [title, text]);
	const become = (name: string, password: string) => {
		setUser(name);
		show(null);
		carrier.use(name || undefined, name ? password : undefined);
	};
	useEffect(() => {
		if (link.state !== "login" || !user)
			return;
		become("", ""); // whoever looks on without login goes on doing so
		show("refused");
	}, [link]);
	const why = link.state !== "live" ? text.whyLost : settings.login && !user ? text.logInToCommand : "";

	if (link.state === "login" && !user)
		return <main class="login-page"><BrokerLogin refused onDone={become} onAnonymous={() => become("", "")} /><Preferences /></main>;
	return (
		<div class={`page fleet link-is-${link.state}`}>
			<a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>
				{text.skipToContent}
			</a>
			<header class="top">
				<Logo />
				<h1>{title}</h1>
				<LinkBadge link={link} />
				<nav aria-label={title}>
					<a href="#/" aria-current={shown === "fleet" ? "page" : undefined}>{text.cameras}</a>
					<a href="#/events" aria-current={shown === "events" ? "page" : undefined}>
						{text.events}{unseen > 0 && <span class="badge unseen">{format.number(unseen)}</span>}
					</a>
				</nav>
				{settings.login && !user && <Button class="log-in" label={text.logIn} onClick={() => show("login")} />}
				<Button class="open-settings" icon="settings" label={text.settings} bare onClick={() => show("settings")} />
			</header>
			<LinkBar link={link} what={text.theBroker} seen={known} />
			<SitesBar />
			<main id="content" tabIndex={-1}>
				<Content route={route} kept={{ query, onQuery, selected, onSelected, scrolled }} why={why} />
			</main>
			{dialog === "settings" && (
				<Dialog title={text.settings} onClose={() => show(null)}>
					<Preferences />
					{user && <p class="session">{text.brokerUser}: {user}<Button id="logout" label={text.logOut} onClick={() => become("", "")} /></p>}
				</Dialog>
			)}
			{(dialog === "login" || dialog === "refused") && (
				<Dialog title={text.logIn} onClose={() => show(null)}><BrokerLogin refused={dialog === "refused"} onDone={become} /></Dialog>
			)}
		</div>
	);
}

function Content({ route: [page, node, part, ...rest], kept, why }: { route: string[]; kept: Kept; why: string }) {
	const text = useText();
	const known = useStore((store) => store.nodes.size > 0);
	const live = useStore((store) => store.link.state === "live");
	const { settings } = useFleet();
	if (!known) {
		return live
			? <Empty title={text.noNodes}><p>{text.noNodesHint(`${settings.prefix}/…/status`)}</p></Empty>
			: <Empty title={text.connecting} />;
	}
	if (page === "node" && node)
		return <NodePage key={node} id={node} library={part === "recordings" ? rest.join("/") : null} why={why} />;
	if (page === "events")
		return <Feed />;
	return <Grid {...kept} why={why} />;
}
