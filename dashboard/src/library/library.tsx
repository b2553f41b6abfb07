// The recordings on a node's disk: a calendar and a list by day, to be played, labelled, kept,
// downloaded and deleted.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Reply } from "../carrier/carrier";
import { camerasOf, cameraName } from "../state/node";
import { useText } from "../text/text";
import { explain } from "../ui/explain";
import { useFormat, useServices, useStore } from "../ui/hooks";
import { Button, Dialog, Empty, Icon } from "../ui/parts";
import { Calendar, useMonth } from "./calendar";
import { Listing, type Loaded } from "./listing";
import { Player } from "./player";
import { asRecording, dayOf, findRecording, nameOf, thumbnailOf, type Place, type Query, type Recording } from "./recordings";

const EVERYTHING: Query = { camera: "", label: "", day: "" };

/** The list, read again when `changes` does. */
function useListing(base: string, { camera, label, day }: Query, changes: string): Listing {
	const [, redraw] = useState(0);
	const [listing] = useState(() => new Listing(() => redraw((count) => count + 1)));
	useEffect(() => {
		listing.read(base, { camera, label, day });
		return () => listing.stop();
	}, [listing, base, camera, label, day, changes]);
	return listing;
}

/** A recording that ends or goes is an event: something else then. */
function useLastChange(node: string): string {
	return useStore((store) => store.events.find((happening) =>
		happening.node === node && /^recording_(finished|failed|recovered|deleted|exported)$/.test(happening.event.event_type))?.key ?? "");
}

/** When the node was last heard to come: what could not be read while it was away is read then. */
function useLastArrival(id: string): number {
	const at = useStore((store) => { const node = store.nodes.get(id); return node?.status === "online" ? node.statusAt : 0; });
	const last = useRef(at);
	if (at)
		last.current = at;
	return last.current;
}

/** What has been made of the recording that is open is opened in its place. */
function useExport(place: Place, open: string): void {
	const made = useStore((store) => store.events.find(({ node, event, past }) =>
		!past && node === place.node && event.event_type === "recording_exported" && event.source === open)?.event.file ?? "");
	const before = useRef(made); // of an earlier time: that one stays where it is
	useEffect(() => { before.current = made; }, [open]);
	useEffect(() => {
		if (open && made && made !== before.current)
			location.hash = `${place.route}/${made}`;
	}, [made]);
}

/**
 * The recording that is played. One that the list has not, by its filter or since it shows the newest only, is asked
 * for by itself, again when `changes` does; until then it stays as it was last.
 */
function useOpen(base: string, file: string, { state, items }: Loaded, changes: string): Recording | null {
	const last = useRef<Recording | null>(null);
	const [, redraw] = useState(0);
	const found = items.find((item) => item.file === file);
	if (found)
		last.current = found;
	const alone = file !== "" && !found && state !== "loading";
	useEffect(() => {
		if (!alone)
			return undefined;
		const control = new AbortController();
		findRecording(base, file, control.signal).then((item) => {
			last.current = item ?? last.current;
			redraw((count) => count + 1);
		}, () => {}); // it is played without what is known of it
		return () => control.abort();
	}, [base, file, alone, changes]);
	if (!file)
		return null;
	return last.current?.file === file ? last.current : { file, camera: file.split("/")[0]! };
}

function Item({ place, item, onPlay }: { place: Place; item: Recording; onPlay: () => void }) {
	const text = useText();
	const format = useFormat();
	const node = useStore((store) => store.nodes.get(place.node));
	const thumbnail = thumbnailOf(place.base, item);
	const camera = node ? cameraName(node, item.camera) : item.camera;
	const name = item.label || camera;
	const elsewhere = item.started_at && format.dayKey(item.started_at) !== dayOf(item.file); // the node has another zone
	const time = item.started_at ? (elsewhere ? format.dayAndTime(item.started_at) : format.time(item.started_at)) : "";
	return (
		<li>
			<button type="button" class="recording-tile" onClick={onPlay} title={text.playRecording(`${name} ${time}`)}>
				<span class="thumbnail">
					<Icon name="film" />
					{thumbnail && <img src={thumbnail} alt="" loading="lazy" onError={(event) => { event.currentTarget.hidden = true; }} />}
					{item.duration_s !== undefined && item.duration_s > 0 && <span class="badge">{format.clock(item.duration_s)}</span>}
					{item.protected && <span class="badge lock" title={text.protectedMark}><Icon name="lock" /></span>}
				</span>
				<span class="tile-name">{name}{item.label && <small>{camera}</small>}</span>
				<span class="tile-facts">{[time, format.bytes(item.bytes)].filter(Boolean).join(" · ")}</span>
				{(item.recovered || item.damaged) && <span class="tile-facts">{item.damaged ? text.damaged : text.recovered}</span>}
			</button>
		</li>
	);
}

function DayHead({ day }: { day: string }) {
	const text = useText();
	const format = useFormat();
	const near = day === format.dayKey(Date.now()) ? text.today : day === format.dayKey(Date.now() - 86_400_000) ? text.yesterday : "";
	return <h2>{near && <strong>{near}, </strong>}{format.keyName(day)}</h2>;
}

function byDay(items: Recording[]): [string, Recording[]][] {
	const days = new Map<string, Recording[]>();
	for (const item of items) {
		const day = dayOf(item.file);
		days.set(day, [...(days.get(day) ?? []), item]);
	}
	return [...days];
}

function Filters({ node: id, labels, query, onQuery }: { node: string; labels: string[]; query: Query; onQuery: (query: Query) => void }) {
	const text = useText();
	const node = useStore((store) => store.nodes.get(id));
	const offered = query.label && !labels.includes(query.label) ? [query.label, ...labels] : labels;
	return (
		<div class="filters">
			<label><span>{text.camera}</span>
				<select name="camera" value={query.camera} onChange={(event) => onQuery({ ...query, camera: event.currentTarget.value, day: "" })}>
					<option value="">{text.allCameras}</option>
					{node && camerasOf(node).map(({ id: camera }) => <option key={camera} value={camera}>{cameraName(node, camera)}</option>)}
				</select>
			</label>
			{offered.length > 0 && (
				<label><span>{text.label}</span>
					<select name="label" value={query.label} onChange={(event) => onQuery({ ...query, label: event.currentTarget.value, day: "" })}>
						<option value="">{text.allLabels}</option>
						{offered.map((label) => <option key={label} value={label}>{label}</option>)}
					</select>
				</label>
			)}
			{query.day && <Button class="all-days" icon="close" label={text.allDays} onClick={() => onQuery({ ...query, day: "" })} />}
		</div>
	);
}

function Question({ file, onNo, onYes }: { file: string; onNo: () => void; onYes: () => void }) {
	const text = useText();
	return (
		<Dialog title={text.delete} onClose={onNo}>
			<p>{text.deleteQuestion(nameOf(file))}</p>
			<div class="dialog-actions">
				<Button label={text.cancel} onClick={onNo} />
				<Button class="danger" icon="trash" label={text.delete} onClick={onYes} />
			</div>
		</Dialog>
	);
}

function Days({ place, loaded, filtered, onRetry, onMore }: {
	place: Place; loaded: Loaded; filtered: boolean; onRetry: () => void; onMore: () => void;
}) {
	const text = useText();
	const play = (item: Recording) => { location.hash = `${place.route}/${item.file}`; };
	if (loaded.state === "loading")
		return <Empty title={text.loading} />;
	if (loaded.state === "unset")
		return <Empty title={text.recordingsNotSet} />;
	if (loaded.state === "failed")
		return <Empty title={text.loadFailed}><Button label={text.tryAgain} onClick={onRetry} /></Empty>;
	if (!loaded.items.length)
		return <Empty title={filtered ? text.noRecordingsMatch : text.noRecordings}>{!filtered && <p>{text.noRecordingsHint}</p>}</Empty>;
	return (
		<>
			{byDay(loaded.items).map(([day, items]) => (
				<section key={day} class="day">
					{day && <DayHead day={day} />}
					<ul class="recordings">
						{items.map((item) => <Item key={item.file} place={place} item={item} onPlay={() => play(item)} />)}
					</ul>
				</section>
			))}
			{loaded.items.length < loaded.total && <Button class="load-more" label={text.more} onClick={onMore} />}
		</>
	);
}

/** `open`: the file that is played, or ""; `why` nothing can be changed, "": it can. */
export function Library({ place, open: wanted, why }: { place: Place; open: string; why: string }) {
	const text = useText();
	const format = useFormat();
	const { carrier } = useServices();
	const [query, setQuery] = useState(EVERYTHING);
	const [round, again] = useState(0);
	const changes = `${useLastChange(place.node)}/${useLastArrival(place.node)}/${round}`;
	const listing = useListing(place.base, query, changes);
	const { loaded } = listing;
	const [month, setMonth] = useMonth(place.base, query, changes);
	const [question, ask] = useState("");
	const [problem, setProblem] = useState("");
	const open = useOpen(place.base, wanted, loaded, changes);
	useExport(place, wanted);
	const close = () => { setProblem(""); location.hash = place.route; };
	const reload = () => again((count) => count + 1);

	const act = async (action: string, file: string, fields: object = {}) => {
		const reply: Reply = await carrier.command(place.node, null, "recordings/set", { action, file, ...fields });
		setProblem(reply.ok ? "" : explain(text, reply));
		const changed = reply.ok ? asRecording(reply.data) : undefined;
		if (changed && action !== "delete" && action !== "export")
			listing.replace(changed);
		reload();
		return reply.ok;
	};
	const remove = async (file: string) => {
		ask("");
		if (await act("delete", file))
			close();
	};
	return (
		<section class="library" aria-label={text.recordings}>
			<aside>
				<Filters node={place.node} labels={month?.labels ?? []} query={query} onQuery={setQuery} />
				{month && <Calendar month={month} day={query.day} onDay={(day) => setQuery({ ...query, day })} onMonth={setMonth} />}
			</aside>
			<div>
				<p class="library-count" role="status">
					{loaded.state === "there" && `${text.recordingsCount(format.number(loaded.total), loaded.total === 1)} · `}{text.timesIn(format.zoneName())}
				</p>
				<Days place={place} loaded={loaded} filtered={Object.values(query).some(Boolean)} onRetry={reload} onMore={() => listing.more()} />
			</div>
			{open && loaded.state !== "unset" && (
				<Player place={place} item={open} why={why} problem={problem} onClose={close} onDelete={() => ask(open.file)}
					onProtect={(on) => void act(on ? "protect" : "unprotect", open.file)}
					onLabel={(label) => act("label", open.file, label ? { label } : {})} onExport={() => act("export", open.file)} />
			)}
			{question && <Question file={question} onNo={() => ask("")} onYes={() => void remove(question)} />}
		</section>
	);
}
