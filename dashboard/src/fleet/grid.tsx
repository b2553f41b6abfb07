// The grid of tiles. Only the rows on the screen exist; the rest is empty space of the right height.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { groupsOf, selectTiles, START, versionsOf, visibleRows, type Query, type Tile as Place } from "../state/tiles";
import { useText } from "../text/text";
import { useFormat, useServices } from "../ui/hooks";
import { Button, Empty } from "../ui/parts";
import { Bulk } from "./bulk";
import { Filters } from "./filters";
import { Tile } from "./tile";

const TILE_WIDTH = 250; // px at least
const GAP = 14;
const FOOTER = 62; // below the picture of a tile
const LOOK_MS = 200;
const REORDER_LOOKS = 5; // once a second

interface Layout {
	columns: number;
	rowHeight: number;
	first: number;
	last: number;
}

function isSame(a: Layout, b: Layout): boolean {
	return a.columns === b.columns && a.rowHeight === b.rowHeight && a.first === b.first && a.last === b.last;
}

/** What fits, and which rows are seen; changes only when that does. */
function useLayout(count: number): [{ current: HTMLDivElement | null }, Layout] {
	const ref = useRef<HTMLDivElement>(null);
	const [layout, set] = useState<Layout>({ columns: 1, rowHeight: 200, first: 0, last: 0 });
	useLayoutEffect(() => {
		let frame = 0;
		const measure = () => {
			frame = 0;
			const box = ref.current?.getBoundingClientRect();
			if (!box)
				return;
			const columns = Math.max(1, Math.floor((box.width + GAP) / (TILE_WIDTH + GAP)));
			const width = (box.width + GAP) / columns - GAP;
			const rowHeight = Math.round(width * 9 / 16) + FOOTER + GAP;
			const [first, last] = visibleRows(-box.top, innerHeight, rowHeight, Math.ceil(count / columns));
			const next = { columns, rowHeight, first, last };
			set((before) => (isSame(before, next) ? before : next));
		};
		const later = () => { frame ||= requestAnimationFrame(measure); };
		measure();
		addEventListener("scroll", later, { passive: true });
		addEventListener("resize", later);
		return () => {
			cancelAnimationFrame(frame);
			removeEventListener("scroll", later);
			removeEventListener("resize", later);
		};
	}, [count]);
	return [ref, layout];
}

/** The order of the tiles: at once when the query changes, soon when nodes come, else once a second. */
function useSelection(query: Query, selected: ReadonlySet<string>) {
	const { store } = useServices();
	const [version, set] = useState(store.version);
	useEffect(() => {
		let size = store.nodes.size;
		let looks = 0;
		const timer = setInterval(() => {
			if (document.hidden || (++looks % REORDER_LOOKS !== 0 && store.nodes.size === size))
				return;
			size = store.nodes.size;
			set(store.version);
		}, LOOK_MS);
		return () => clearInterval(timer);
	}, [store]);
	const choices = useMemo(() => ({ groups: groupsOf(store.nodes.values()), versions: versionsOf(store.nodes.values()) }), [store, version]);
	const selection = useMemo(() => selectTiles(store.nodes, query, selected), [store, query, selected, version]);
	return { ...selection, choices };
}

function Rows({ tiles, selected, onSelect }: {
	tiles: Place[]; selected: ReadonlySet<string>; onSelect: (key: string, on: boolean) => void;
}) {
	const [ref, { columns, rowHeight, first, last }] = useLayout(tiles.length);
	const rows = Math.ceil(tiles.length / columns);
	const shown = tiles.slice(first * columns, last * columns);
	const style = (i: number) => {
		const column = i % columns;
		return {
			width: `calc((100% - ${(columns - 1) * GAP}px) / ${columns})`,
			height: `${rowHeight - GAP}px`,
			transform: `translate(calc(${column * 100}% + ${column * GAP}px), ${(first + Math.floor(i / columns)) * rowHeight}px)`,
		};
	};
	return (
		<div ref={ref} class="tiles" style={{ height: `${rows * rowHeight}px` }}>
			{shown.map((place, i) => (
				<div key={place.key} class="tile-place" style={style(i)}>
					<Tile place={place} selected={selected.has(place.key)} onSelect={onSelect} />
				</div>
			))}
		</div>
	);
}

/** What is kept of the grid while another page is looked at. */
export interface Kept {
	query: Query;
	onQuery: (query: Query) => void;
	selected: ReadonlySet<string>;
	onSelected: (change: (before: ReadonlySet<string>) => ReadonlySet<string>) => void;
	scrolled: { current: number }; // px
}

/** The grid is found again where it was left. */
function usePlace(scrolled: { current: number }): void {
	useEffect(() => {
		const keep = () => { scrolled.current = scrollY; };
		const frame = requestAnimationFrame(() => {
			scrollTo(0, scrolled.current);
			addEventListener("scroll", keep, { passive: true });
		});
		return () => {
			cancelAnimationFrame(frame);
			removeEventListener("scroll", keep);
		};
	}, [scrolled]);
}

/** `why` nothing can be commanded; "": it can. */
export function Grid({ query, onQuery, selected, onSelected, scrolled, why }: Kept & { why: string }) {
	const text = useText();
	const format = useFormat();
	const { tiles, counts, chosen, choices } = useSelection(query, selected);
	usePlace(scrolled);
	const select = useCallback((key: string, on: boolean) => onSelected((before) => {
		const after = new Set(before);
		if (on)
			after.add(key);
		else
			after.delete(key);
		return after;
	}), [onSelected]);
	const selectAll = () => onSelected(() => new Set(tiles.filter(({ camera }) => camera).map(({ key }) => key)));
	const selectNone = () => {
		onSelected(() => new Set());
		if (query.filter === "selected")
			onQuery(START);
	};
	const n = (value: number) => format.number(value);
	return (
		<>
			<Filters query={query} choices={choices} onQuery={onQuery} />
			<p class="counts">
				<span>{text.nodesShown(n(counts.shown), n(counts.nodes))}</span>
				<span>{text.nodesOnline(n(counts.online))}</span>
				{counts.offline > 0 && <span class="problem">{text.nodesOffline(n(counts.offline))}</span>}
				{counts.recording > 0 && <span>{text.nodesRecording(n(counts.recording))}</span>}
				<Button class="select-all" label={chosen.keys.length ? text.selectNone : text.selectAll} onClick={chosen.keys.length ? selectNone : selectAll} />
			</p>
			{tiles.length === 0 ? <Empty title={text.noNodesMatch} /> : <Rows tiles={tiles} selected={selected} onSelect={select} />}
			{chosen.keys.length > 0 && (
				<Bulk chosen={chosen} why={why} onShow={() => onQuery({ ...START, filter: "selected" })} onClear={selectNone} />
			)}
		</>
	);
}
