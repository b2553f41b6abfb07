// One reading over time.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Reading } from "../state/node";
import { useFormat } from "../ui/hooks";
import { useTheme } from "../ui/theme";
import { axisOf } from "./axis";

const HEIGHT = 150;

interface Props {
	title: string;
	unit: string;
	history: readonly Reading[];
	pick: (reading: Reading) => number | undefined;
	min?: number;
	max?: number;
}

export function Chart({ title, unit, history, pick, min, max }: Props) {
	const ref = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const format = useFormat();
	const theme = useTheme();
	const data: uPlot.AlignedData = [history.map((reading) => reading.at / 1000), history.map((reading) => pick(reading) ?? null)];
	const last = history.map(pick).filter((value) => value !== undefined).at(-1);

	useEffect(() => {
		const element = ref.current!;
		const style = getComputedStyle(element);
		const axis = { stroke: style.getPropertyValue("--faint"), grid: { stroke: style.getPropertyValue("--line"), width: 1 }, ticks: { show: false } };
		const chart = new uPlot({
			width: element.clientWidth || 300, height: HEIGHT, legend: { show: false }, cursor: { show: false },
			scales: {
				x: { range: (plot) => axisOf(plot.data[0]) },
				y: { range: (_plot, low, high) => [min ?? Math.floor((low ?? 0) - 1), max ?? Math.ceil((high ?? 1) + 1)] },
			},
			axes: [
				{ ...axis, size: 30, values: (_plot, ticks) => ticks.map((tick) => format.time(tick * 1000)), space: 90 },
				{ ...axis, size: 60, values: (_plot, ticks) => ticks.map((tick) => `${format.number(tick)} ${unit}`) },
			],
			series: [{}, { stroke: style.getPropertyValue("--accent"), width: 1.5, points: { show: (plot) => plot.data[0].length === 1, size: 5 } }],
		}, data, element);
		plot.current = chart;
		const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth || 300, height: HEIGHT }));
		resize.observe(element);
		return () => {
			resize.disconnect();
			chart.destroy();
			plot.current = null;
		};
	}, [format, theme, unit, min, max]);
	useEffect(() => plot.current?.setData(data), [history]);

	return (
		<figure class={`chart ${last === undefined ? "is-empty" : ""}`}>
			<figcaption>{title}<strong>{last === undefined ? "" : `${format.number(last)}\u202f${unit}`}</strong></figcaption>
			<div ref={ref} class="plot" aria-hidden="true" />
		</figure>
	);
}
