// The recordings on the node's disk: by day, to be played, kept, downloaded and deleted.
import { useCallback, useEffect, useState } from "preact/hooks";
import { camerasOf, cameraName } from "../state/node";
import { useText } from "../text/text";
import { explain } from "../ui/explain";
import { useFormat, useRoute, useServices, useStore } from "../ui/hooks";
import { Button, Dialog, Empty, Icon } from "../ui/parts";
import { theNode } from "./app";
import { Player } from "./player";
import { listRecordings, nameOf, thumbnailOf, type Query, type Recording } from "./recordings";

type Loaded = { state: "loading" | "failed" | "there"; items: Recording[]; total: number };

const NOTHING: Loaded = { state: "loading", items: [], total: 0 };

/** The list, read again when `changes` does. */
function useRecordings(query: Query, changes: number): [Loaded, () => void, () => void] {
	const [loaded, set] = useState<Loaded>(NOTHING);
	const [round, again] = useState(0);
	const { camera, day } = query;
	const load = useCallback(async (offset: number, signal: AbortSignal) => {
		try {
			const { items, total } = await listRecordings({ camera, day }, offset, signal);
			set((before) => ({ state: "there", total, items: offset ? [...before.items, ...items] : items }));
		} catch {
			if (!signal.aborted)
				set((before) => ({ ...before, state: "failed" }));
		}
	}, [camera, day]);
	useEffect(() => {
		const control = new AbortController();
		void load(0, control.signal);
		return () => control.abort();
	}, [load, changes, round]);
	const more = () => void load(loaded.items.length, new AbortController().signal);
	return [loaded, more, () => again((count) => count + 1)];
}

function Item({ item, onPlay }: { item: Recording; onPlay: () => void }) {
	const text = useText();
	const format = useFormat();
	const node = useStore(theNode);
	const thumbnail = thumbnailOf(item);
	const name = item.label || (node ? cameraName(node, item.camera) : item.camera);
	const time = item.started_at ? format.time(item.started_at) : "";
	return (
		<li>
			<button type="button" class="recording-tile" onClick={onPlay} aria-label={text.playRecording(`${name} ${time}`)}>
				<span class="thumbnail">
					<Icon name="film" />
					{thumbnail && <img src={thumbnail} alt="" loading="lazy" onError={(event) => { event.currentTarget.hidden = true; }} />}
					{item.duration_s !== undefined && item.duration_s > 0 && <span class="badge">{format.clock(item.duration_s)}</span>}
					{item.protected && <span class="badge lock" title={text.protectedMark}><Icon name="lock" /></span>}
				</span>
				<span class="tile-name">{name}</span>
				<span class="tile-facts">{[time, format.bytes(item.bytes)].filter(Boolean).join(" · ")}</span>
				{(item.recovered || item.damaged) && <span class="tile-facts">{item.damaged ? text.damaged : text.recovered}</span>}
			</button>
		</li>
	);
}

function DayHead({ at }: { at: string }) {
	const text = useText();
	const format = useFormat();
	const day = format.dayKey(at);
	const near = day === format.dayKey(Date.now()) ? text.today : day === format.dayKey(Date.now() - 86_400_000) ? text.yesterday : "";
	return <h2>{near && <strong>{near}, </strong>}{format.dayName(at)}</h2>;
}

function byDay(items: Recording[], key: (at: string) => string): [string, Recording[]][] {
	const days = new Map<string, Recording[]>();
	for (const item of items) {
		const day = item.started_at ? key(item.started_at) : "?";
		days.set(day, [...(days.get(day) ?? []), item]);
	}
	return [...days];
}

function Filters({ query, onQuery }: { query: Query; onQuery: (query: Query) => void }) {
	const text = useText();
	const node = useStore(theNode);
	return (
		<div class="filters">
			<label><span>{text.camera}</span>
				<select value={query.camera} onChange={(event) => onQuery({ ...query, camera: event.currentTarget.value })}>
					<option value="">{text.allCameras}</option>
					{node && camerasOf(node).map(({ id }) => <option key={id} value={id}>{cameraName(node, id)}</option>)}
				</select>
			</label>
			<label><span>{text.day}</span>
				<input type="date" value={query.day} onChange={(event) => onQuery({ ...query, day: event.currentTarget.value })} />
			</label>
			{query.day && <Button label={text.allDays} onClick={() => onQuery({ ...query, day: "" })} />}
		</div>
	);
}

export function Library({ operator }: { operator: boolean }) {
	const text = useText();
	const format = useFormat();
	const { carrier } = useServices();
	const [, ...rest] = useRoute();
	const [query, setQuery] = useState<Query>({ camera: "", day: "" });
	// A recording that ends or goes is an event: then the list is read again.
	const changes = useStore((store) => store.events.filter(({ event }) => /^recording_(finished|failed|recovered|deleted)$/.test(event.event_type)).length);
	const [loaded, more, again] = useRecordings(query, changes);
	const [question, setQuestion] = useState<Recording | null>(null);
	const [problem, setProblem] = useState("");
	const node = useStore(theNode);
	const wanted = rest.join("/");
	const open = wanted ? loaded.items.find((item) => item.file === wanted) ?? { file: wanted, camera: rest[0]! } : null;
	const close = () => { location.hash = "#/recordings"; };

	const act = async (action: string, item: Recording) => {
		const reply = await carrier.command(node?.id ?? "", null, "recordings/set", { action, file: item.file });
		setProblem(reply.ok ? "" : explain(text, reply));
		again();
		return reply.ok;
	};
	const remove = async (item: Recording) => {
		setQuestion(null);
		if (await act("delete", item))
			close();
	};

	return (
		<section class="library" aria-label={text.recordings}>
			<Filters query={query} onQuery={setQuery} />
			<p class="library-count">
				{loaded.state === "there" && text.recordingsCount(format.number(loaded.total), loaded.total === 1)} · {text.timesIn(format.zoneName())}
			</p>
			{problem && <p class="note problem" role="alert">{problem}</p>}
			{loaded.state === "loading" && <Empty title={text.loading} />}
			{loaded.state === "failed" && <Empty title={text.loadFailed}><Button label={text.tryAgain} onClick={again} /></Empty>}
			{loaded.state === "there" && loaded.items.length === 0 && (
				<Empty title={query.day ? text.noRecordingsDay : text.noRecordings}>{!query.day && <p>{text.noRecordingsHint}</p>}</Empty>
			)}
			{byDay(loaded.items, (at) => format.dayKey(at)).map(([day, items]) => (
				<section key={day} class="day">
					{items[0]!.started_at && <DayHead at={items[0]!.started_at} />}
					<ul class="recordings">
						{items.map((item) => (
							<Item key={item.file} item={item} onPlay={() => { location.hash = `#/recordings/${item.file}`; }} />
						))}
					</ul>
				</section>
			))}
			{loaded.items.length < loaded.total && <Button class="load-more" label={text.more} onClick={more} />}
			{open && (
				<Player item={open} operator={operator} onClose={close} onDelete={() => setQuestion(open)}
					onProtect={(on) => void act(on ? "protect" : "unprotect", open)} />
			)}
			{question && (
				<Dialog title={text.delete} onClose={() => setQuestion(null)}>
					<p>{text.deleteQuestion(nameOf(question.file))}</p>
					<div class="dialog-actions">
						<Button label={text.cancel} onClick={() => setQuestion(null)} />
						<Button class="danger" icon="trash" label={text.delete} onClick={() => void remove(question)} />
					</div>
				</Dialog>
			)}
		</section>
	);
}
