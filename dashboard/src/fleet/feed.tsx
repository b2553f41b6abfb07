// What has happened in the fleet since the page was opened.
import { useRef } from "preact/hooks";
import { EventRow } from "../node/events";
import { cameraName, nodeName, type Happening } from "../state/node";
import { useText } from "../text/text";
import { useFormat, useNow, useServices, useStore } from "../ui/hooks";
import { useFleet } from "./context";
import type { Settings } from "./settings";

/** Where an event leads: to its recording, if that can be reached from here, or to its node, unless that is what is shown. */
function leadsTo({ node, event }: Happening, settings: Settings, here: boolean): string | undefined {
	if (event.event_type === "recording_finished" && event.file && settings.live)
		return `#/node/${node}/recordings/${event.file}`;
	return here ? undefined : `#/node/${node}`;
}

function Row({ happening, here, now }: { happening: Happening; here: boolean; now: number }) {
	const { store } = useServices();
	const { settings } = useFleet();
	const node = store.nodes.get(happening.node);
	const camera = happening.event.camera;
	const where = node ? [nodeName(node), camera && cameraName(node, camera)].filter(Boolean).join(" · ") : happening.node;
	return <EventRow happening={happening} where={where} link={leadsTo(happening, settings, here)} now={now} />;
}

/** Nobody keeps events for those who come later: the list begins when the page was opened. */
function Since() {
	const text = useText();
	const format = useFormat();
	const { since } = useFleet().carrier.arrivals;
	return <>{text.sinceTime(format.near(since, useNow(60_000)))}</>;
}

const COUNT_MS = 2000;

/** What has arrived since the page was opened: messages are counted, as some may be dropped at QoS 0. */
function Arrivals() {
	const text = useText();
	const format = useFormat();
	const { arrivals } = useFleet().carrier;
	const events = useStore((store) => store.eventCount);
	const before = useRef({ at: arrivals.since, messages: 0, rate: 0 });
	const now = useNow(COUNT_MS);
	if (now - before.current.at >= COUNT_MS) {
		const rate = (arrivals.messages - before.current.messages) * 1000 / (now - before.current.at);
		before.current = { at: now, messages: arrivals.messages, rate };
	}
	const facts = [
		text.eventsArrived(format.number(events), events === 1),
		text.messagesArrived(format.number(arrivals.messages), format.bytes(arrivals.bytes), format.number(before.current.rate)),
		arrivals.refused ? text.messagesRefused(format.number(arrivals.refused)) : "",
	];
	return <p class="note arrivals"><Since />: {facts.filter(Boolean).join(" · ")}</p>;
}

export function Feed({ of }: { of?: string }) {
	const text = useText();
	const format = useFormat();
	const all = useStore((store) => store.events);
	const now = useNow(60_000);
	const events = of ? all.filter((happening) => happening.node === of) : all;
	return (
		<section class="events feed" aria-label={text.events}>
			<h2>{text.events}<small>{format.zoneName()}</small></h2>
			{of ? <p class="note since"><Since /></p> : <Arrivals />}
			{events.length === 0 && <p class="note">{text.noEvents}</p>}
			<ol>{events.map((happening) => <Row key={happening.key} happening={happening} here={!!of} now={now} />)}</ol>
			<p class="note">{text.eventsLost}</p>
		</section>
	);
}
