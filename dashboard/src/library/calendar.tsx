// A month of recordings: each day with how many there are and how long they are together.
import { useEffect, useRef, useState } from "preact/hooks";
import { locale, useText } from "../text/text";
import { useFormat } from "../ui/hooks";
import { Button } from "../ui/parts";
import { addMonths, firstWeekday, stepTo, weeksOf } from "./month";
import { readMonth, type Day, type Month, type Query } from "./recordings";

const STEPS: { [key: string]: number } = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const LEVELS = [3, 10]; // recordings from which on a day is shown stronger

function level({ count }: Day): number {
	return 1 + LEVELS.filter((least) => count >= least).length;
}

interface Props {
	month: Month;
	day: string; // the chosen one, or ""
	onDay: (day: string) => void;
	onMonth: (month: string) => void;
}

/** The days by the arrow keys: one of them is reached by Tab, the others from there. */
function useKeys({ month, day, onMonth }: Props) {
	const ref = useRef<HTMLTableElement>(null);
	const days = month.days.map((entry) => entry.day).sort();
	const [focused, setFocused] = useState("");
	const reached = [focused, day].find((one) => days.includes(one)) ?? days.at(-1);
	const onKeyDown = (event: KeyboardEvent) => {
		const pages = event.key === "PageUp" ? -1 : event.key === "PageDown" ? 1 : 0;
		const next = event.key in STEPS && reached ? stepTo(days, reached, STEPS[event.key]!) : undefined;
		if (pages) {
			ref.current?.focus(); // the day that has the focus goes
			onMonth(addMonths(month.month, pages));
		} else if (next) {
			ref.current?.querySelector<HTMLElement>(`[data-day="${next}"]`)?.focus();
		}
		if (pages || event.key in STEPS)
			event.preventDefault();
	};
	return { ref, reached, onKeyDown, onFocus: setFocused };
}

export function Calendar(props: Props) {
	const text = useText();
	const format = useFormat();
	const { month, day, onDay, onMonth } = props;
	const keys = useKeys(props);
	const weeks = weeksOf(month.month, firstWeekday(locale()));
	const held = new Map(month.days.map((entry) => [entry.day, entry]));
	const monday = weeks.find((week) => week.every(Boolean))!;

	const cell = (name: string) => {
		const entry = held.get(name);
		const number = format.number(Number(name.slice(8)));
		if (!entry)
			return <span class="day-empty">{number}</span>;
		const holds = `${text.recordingsCount(format.number(entry.count), entry.count === 1)}, ${format.clock(entry.duration_s)}`;
		return (
			<button type="button" class={`day-cell level-${level(entry)}`} data-day={name} aria-pressed={name === day}
				tabIndex={name === keys.reached ? 0 : -1} title={holds}
				onFocus={() => keys.onFocus(name)} onClick={() => onDay(name === day ? "" : name)}>
				{number}<small aria-hidden="true">{format.number(entry.count)}</small><span class="unseen-text"> {format.keyName(name)}: {holds}</span>
			</button>
		);
	};
	return (
		<section class="calendar" aria-label={text.calendar}>
			<header>
				<Button class="earlier" icon="back" label={text.earlierMonth} bare disabled={!month.oldest || month.oldest.slice(0, 7) >= month.month}
					onClick={() => onMonth(addMonths(month.month, -1))} />
				<h2 aria-live="polite">{format.monthName(month.month)}</h2>
				<Button class="later" icon="forward" label={text.laterMonth} bare disabled={!month.newest || month.newest.slice(0, 7) <= month.month}
					onClick={() => onMonth(addMonths(month.month, 1))} />
			</header>
			<table ref={keys.ref} tabIndex={-1} onKeyDown={keys.onKeyDown}>
				<thead><tr>{monday.map((name) => <th key={name} scope="col">{format.weekday(name!)}</th>)}</tr></thead>
				<tbody>
					{weeks.map((week, i) => <tr key={i}>{week.map((name, j) => <td key={j}>{name && cell(name)}</td>)}</tr>)}
				</tbody>
			</table>
		</section>
	);
}

/** The month that is shown: first the one with the latest recording. Read again when `changes` does. */
export function useMonth(base: string, query: Query, changes: string): [Month | null, (month: string) => void] {
	const [wanted, want] = useState("");
	const [month, set] = useState<Month | null>(null);
	const { camera, label } = query;
	useEffect(() => {
		const control = new AbortController();
		const read = async () => {
			try {
				const filter = { camera, label, day: "" };
				let answer = await readMonth(base, filter, wanted, control.signal);
				if (!wanted && answer.newest && !answer.days.length)
					answer = await readMonth(base, filter, answer.newest.slice(0, 7), control.signal);
				set(answer);
			} catch {
				// The list beside it says what is wrong; an old calendar stays.
			}
		};
		void read();
		return () => control.abort();
	}, [base, camera, label, wanted, changes]);
	return [month, want];
}
