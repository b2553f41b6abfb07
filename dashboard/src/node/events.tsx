// What has happened, newest first: what the node still knows, and since then.
import type { EventPayload } from "../contract/generated";
import { cameraName, type Happening } from "../state/node";
import { useText, wordFor } from "../text/text";
import { useFormat, useNow, useStore } from "../ui/hooks";
import { theNode } from "./app";

const SHOWN = 30;

export function EventText({ event }: { event: EventPayload }) {
	const text = useText();
	const format = useFormat();
	const details = [
		event.duration_s !== undefined && event.duration_s > 0 ? format.clock(event.duration_s) : "",
		event.bytes ? format.bytes(event.bytes) : "",
		event.profile ? [event.from, event.profile].filter(Boolean).join(" → ") : "",
		event.message ?? "",
		event.error ?? "",
	].filter(Boolean);
	return (
		<>
			<span class="event-type">{wordFor(text.eventTypes, event.event_type) ?? event.event_type}</span>
			{details.length > 0 && <span class="event-details">{details.join(" · ")}</span>}
		</>
	);
}

export function EventRow({ happening, where, link, now }: { happening: Happening; where: string; link?: string; now: number }) {
	const format = useFormat();
	const { event } = happening;
	const bad = event.event_type === "recording_failed";
	return (
		<li class={bad ? "bad" : ""}>
			<time dateTime={event.ts} title={format.full(event.ts)}>{format.near(event.ts, now)}</time>
			<span class="event-where">{where}</span>
			{link ? <a href={link}><EventText event={event} /></a> : <EventText event={event} />}
		</li>
	);
}

export function Events() {
	const text = useText();
	const format = useFormat();
	const events = useStore((store) => store.events);
	const node = useStore(theNode);
	const now = useNow(60_000);
	const nameOf = (camera: string | undefined) => (camera && node ? cameraName(node, camera) : camera ?? "");
	return (
		<section class="events" aria-label={text.events}>
			<h2>{text.events}<small>{format.zoneName()}</small></h2>
			{events.length === 0 && <p class="note">{text.noEventsYet}</p>}
			<ol>
				{events.slice(0, SHOWN).map((happening) => (
					<EventRow key={happening.key} happening={happening} where={nameOf(happening.event.camera)} now={now}
						link={happening.event.event_type === "recording_finished" && happening.event.file
							? `#/recordings/${happening.event.file}` : undefined} />
				))}
			</ol>
		</section>
	);
}
