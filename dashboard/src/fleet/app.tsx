import { useEffect, useState } from "preact/hooks";
import type { Query } from "../state/tiles";
import { useText } from "../text/text";
import { useRoute, useStore } from "../ui/hooks";
import { Button, Dialog, Empty, LinkBadge, LinkBar, Logo, Preferences } from "../ui/parts";
import { useFleet } from "./context";
import { Feed } from "./feed";
import { Grid } from "./grid";
import { BrokerLogin } from "./login";
import { NodePage } from "./page";

const START: Query = { search: "", filter: "all", sort: "name", group: "" };

export function FleetApp() {
	const text = useText();
	const { settings, carrier } = useFleet();
	const link = useStore((store) => store.link);
	const known = useStore((store) => store.nodes.size > 0);
	const [page, node] = useRoute();
	const [query, setQuery] = useState(START);
	const [dialog, show] = useState<"settings" | "login" | null>(null);
	const [user, setUser] = useState("");
	const title = settings.title || text.fleet;
	const shown = page === "events" ? "events" : "fleet";

	useEffect(() => carrier.start(), [carrier]);
	useEffect(() => { document.title = `${title} – ${text.appName}`; }, [title, text]);
	const become = (name: string, password: string) => {
		setUser(name);
		show(null);
		carrier.use(name || undefined, name ? password : undefined);
	};
	const canCommand = link.state === "live" && (!settings.login || user !== "");

	if (link.state === "login")
		return <main class="login-page"><BrokerLogin refused onDone={become} /><Preferences /></main>;
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
					<a href="#/events" aria-current={shown === "events" ? "page" : undefined}>{text.events}</a>
				</nav>
				{settings.login && !user && <Button class="log-in" label={text.logIn} onClick={() => show("login")} />}
				<Button class="open-settings" icon="settings" label={text.settings} bare onClick={() => show("settings")} />
			</header>
			<LinkBar link={link} what={text.theBroker} seen={known} />
			<main id="content" tabIndex={-1}>
				<Content page={page} node={node} query={query} onQuery={setQuery} canCommand={canCommand} />
			</main>
			{dialog === "settings" && (
				<Dialog title={text.settings} onClose={() => show(null)}>
					<Preferences />
					{user && <p class="session">{text.brokerUser}: {user}<Button id="logout" label={text.logOut} onClick={() => become("", "")} /></p>}
				</Dialog>
			)}
			{dialog === "login" && <Dialog title={text.logIn} onClose={() => show(null)}><BrokerLogin onDone={become} /></Dialog>}
		</div>
	);
}

function Content({ page, node, query, onQuery, canCommand }: {
	page?: string; node?: string; query: Query; onQuery: (query: Query) => void; canCommand: boolean;
}) {
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
		return <NodePage key={node} id={node} canCommand={canCommand} />;
	if (page === "events")
		return <Feed />;
	return <Grid query={query} onQuery={onQuery} canCommand={canCommand} />;
}
