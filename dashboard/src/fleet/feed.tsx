// What has happened in the fleet since the page was opened.
import { EventRow } from "../node/events";
import { cameraName, nodeName, type Happening } from "../state/node";
import { useText } from "../text/text";
import { useFormat, useServices, useStore } from "../ui/hooks";

function Row({ happening }: { happening: Happening }) {
	const { store } = useServices();
	const node = store.nodes.get(happening.node);
	const camera = happening.event.camera;
	const where = node ? [nodeName(node), camera && cameraName(node, camera)].filter(Boolean).join(" · ") : happening.node;
	return <EventRow happening={happening} where={where} link={`#/node/${happening.node}`} />;
}

export function Feed({ of }: { of?: string }) {
	const text = useText();
	const format = useFormat();
	const all = useStore((store) => store.events);
	const events = of ? all.filter((happening) => happening.node === of) : all;
	return (
		<section class="events feed" aria-label={text.events}>
			<h2>{text.events}<small>{format.zoneName()}</small></h2>
			{events.length === 0 && <p class="note">{text.noEvents}</p>}
			<ol>{events.map((happening) => <Row key={happening.key} happening={happening} />)}</ol>
			{!of && <p class="note">{text.eventsLost}</p>}
		</section>
	);
}
