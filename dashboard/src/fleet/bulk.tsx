// One command to many cameras, and what each node answered.
import { useState } from "preact/hooks";
import { failure, type Reply } from "../carrier/carrier";
import { explain } from "../ui/explain";
import { cameraName, nodeName } from "../state/node";
import { useText } from "../text/text";
import { useFormat, useServices } from "../ui/hooks";
import { Button, Dialog } from "../ui/parts";
import { inTurn } from "./turns";

const AT_ONCE = 20;

interface Result {
	key: string;
	reply: Reply | null; // null: not yet
}

const COMMANDS = {
	record: ["record/set", { state: "ON" }],
	stop: ["record/set", { state: "OFF" }],
	snapshot: ["snapshot/set", {}],
} as const;

export function Bulk({ keys, canCommand, onClear }: { keys: string[]; canCommand: boolean; onClear: () => void }) {
	const text = useText();
	const format = useFormat();
	const { store, carrier } = useServices();
	const [results, setResults] = useState<Result[] | null>(null);

	const send = (name: keyof typeof COMMANDS) => {
		const [command, payload] = COMMANDS[name];
		setResults(keys.map((key) => ({ key, reply: null })));
		void inTurn(keys, AT_ONCE, async (key) => {
			const [node, camera] = key.split("/") as [string, string];
			const reply = store.nodes.get(node)?.status === "online" ? await carrier.command(node, camera, command, payload)
				: failure("offline", "");
			setResults((before) => before && before.map((result) => (result.key === key ? { key, reply } : result)));
		});
	};
	const nameOf = (key: string) => {
		const [id, camera] = key.split("/") as [string, string];
		const node = store.nodes.get(id);
		return node ? `${nodeName(node)} · ${cameraName(node, camera)}` : key;
	};
	const hint = canCommand ? undefined : text.logInToCommand;
	const done = results?.filter(({ reply }) => reply?.ok).length ?? 0;
	return (
		<div class="bulk" role="region" aria-label={text.selected(format.number(keys.length))}>
			<strong>{text.selected(format.number(keys.length))}</strong>
			<Button class="record" icon="record" label={text.recordAll} disabled={!canCommand} title={hint} onClick={() => send("record")} />
			<Button class="stop" icon="stop" label={text.stopAll} disabled={!canCommand} title={hint} onClick={() => send("stop")} />
			<Button class="snapshot" icon="camera" label={text.snapshotAll} disabled={!canCommand} title={hint} onClick={() => send("snapshot")} />
			<Button icon="close" label={text.selectNone} bare onClick={onClear} />
			{results && (
				<Dialog title={`${text.replies}: ${text.answered(format.number(done), format.number(results.length))}`} onClose={() => setResults(null)}>
					<ul class="results">
						{results.map(({ key, reply }) => (
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
