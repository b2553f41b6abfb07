// One command to many cameras, and what each node answered.
import { useState } from "preact/hooks";
import { explain } from "../ui/explain";
import { cameraName, nodeName } from "../state/node";
import type { Chosen } from "../state/tiles";
import { useText } from "../text/text";
import { useFormat, useServices } from "../ui/hooks";
import { Button, Dialog, useReason } from "../ui/parts";
import { commandTo, failedFirst, inTurn, type Result } from "./turns";

const AT_ONCE = 20;

const COMMANDS = {
	record: ["record/set", { state: "ON" }],
	stop: ["record/set", { state: "OFF" }],
	snapshot: ["snapshot/set", {}],
} as const;

export function Bulk({ chosen: { keys, hidden }, why, onShow, onClear }: {
	chosen: Chosen; why: string; onShow: () => void; onClear: () => void;
}) {
	const text = useText();
	const format = useFormat();
	const services = useServices();
	const [results, setResults] = useState<Result[] | null>(null);

	const send = (name: keyof typeof COMMANDS) => {
		const [command, payload] = COMMANDS[name];
		setResults(keys.map((key) => ({ key, reply: null })));
		void inTurn(keys, AT_ONCE, async (key) => {
			const reply = await commandTo(services, key, command, payload);
			setResults((before) => before && before.map((result) => (result.key === key ? { key, reply } : result)));
		});
	};
	const nameOf = (key: string) => {
		const [id, camera] = key.split("/") as [string, string];
		const node = services.store.nodes.get(id);
		return node ? `${nodeName(node)} · ${cameraName(node, camera)}` : key;
	};
	const [guard, reason] = useReason(why);
	const done = results?.filter(({ reply }) => reply?.ok).length ?? 0;
	return (
		<div class="bulk" role="region" aria-label={text.selected(format.number(keys.length))}>
			<strong>{text.selected(format.number(keys.length))}</strong>
			{hidden > 0 && <span class="hidden-count">{text.selectedHidden(format.number(hidden))}</span>}
			{hidden > 0 && <Button class="show-selected" label={text.showSelected} onClick={onShow} />}
			<Button class="record" icon="record" label={text.recordAll} {...guard} onClick={() => send("record")} />
			<Button class="stop" icon="stop" label={text.stopAll} {...guard} onClick={() => send("stop")} />
			<Button class="snapshot" icon="camera" label={text.snapshotAll} {...guard} onClick={() => send("snapshot")} />
			<Button icon="close" label={text.selectNone} bare onClick={onClear} />
			{reason}
			{results && (
				<Dialog title={`${text.replies}: ${text.answered(format.number(done), format.number(results.length))}`} onClose={() => setResults(null)}>
					<ul class="results">
						{failedFirst(results).map(({ key, reply }) => (
							<li key={key} class={reply && !reply.ok ? "problem" : ""}>
								<span>{nameOf(key)}</span>
								<span>{!reply ? text.sending : !reply.ok ? explain(text, reply) : reply.data?.already ? text.already : text.done}</span>
							</li>
						))}
					</ul>
				</Dialog>
			)}
		</div>
	);
}
