// Curves over time, drawn by uPlot. Each has the same in words below it.
import { count, plain } from "./words.js";

const HEIGHT = 180;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const charts = new Map();
let draw = () => { };

/** Calls again, after a change of size or of colours, what draws all. */
export function redrawBy(how) {
  draw = how;
}

export function hide(id) {
  const chart = charts.get(id);
  if (chart) {
    chart.figure.hidden = true;
  }
}

/** Bands are filled, curves are lines: colour, name, values, and for lines how they are dashed. */
export function paint(id, title, times, bands, curves, bandLegend, words) {
  const chart = charts.get(id) ?? make(id, title);
  chart.figure.hidden = false;
  chart.words.textContent = words;
  legend(chart.legend, bandLegend, curves);
  const data = [times, ...bands.map(b => b[2]), ...curves.map(c => c[2])];
  const shape = JSON.stringify([bands.map(b => b[0]), curves.map(c => [c[0], c[3]])]);
  const width = chart.box.clientWidth;
  if (chart.plot && (chart.shape !== shape || chart.width !== width)) {
    chart.plot.destroy();
    chart.plot = null;
  }

  if (chart.plot) {
    chart.plot.setData(data);
  } else if (width > 0) {
    [chart.shape, chart.width] = [shape, width];
    chart.plot = new uPlot(options(width, bands, curves), data, chart.box);
  }
}

function options(width, bands, curves) {
  const axis = { stroke: colour("soft"), grid: { stroke: colour("grid"), width: 1 }, ticks: { stroke: colour("grid"), width: 1 }, font: "12px system-ui, sans-serif" };
  return {
    width, height: HEIGHT, legend: { show: false }, cursor: { show: false }, padding: [10, 8, 0, 0],
    scales: { y: { range: (_, low, high) => [0, Math.max(1, (high ?? 0) * 1.08)] } },
    axes: [
      { ...axis, values: (u, ticks) => ticks.map(t => new Date(t * 1000).toLocaleTimeString("en-GB")), space: 70 },
      { ...axis, size: 52, values: (u, ticks) => ticks.map(t => Number.isInteger(t) ? count(t) : String(t)) },
    ],
    series: [
      {},
      ...bands.map(([c]) => ({ fill: colour(c), stroke: colour("card"), width: 1, points: { show: false } })),
      ...curves.map(([c, , , dash]) => ({ stroke: colour(c), width: 2, dash, points: { show: false }, spanGaps: false })),
    ],
  };
}

function make(id, title) {
  const figure = document.createElement("figure"), caption = document.createElement("figcaption"), box = document.createElement("div");
  const list = document.createElement("ul"), words = document.createElement("p");
  [figure.id, caption.id, words.id] = ["chart-" + id, "chart-" + id + "-title", "chart-" + id + "-words"];
  [box.className, list.className, words.className, caption.textContent] = ["plot", "legend", "sum", title];
  box.setAttribute("role", "img");
  box.setAttribute("aria-labelledby", caption.id + " " + words.id);
  figure.append(caption, box, list, words);
  document.getElementById("charts").append(figure);
  const chart = { figure, box, legend: list, words, plot: null, shape: "", width: 0 };
  charts.set(id, chart);
  return chart;
}

function legend(list, bands, curves) {
  const entries = [...bands.map(([c, name]) => [c, plain(name)]), ...curves.map(([c, name, , dash]) => [c + " line" + (dash ? " dash" : ""), plain(name)])];
  const shape = JSON.stringify(entries);
  if (list.dataset.shape !== shape) {
    list.dataset.shape = shape;
    list.replaceChildren(...entries.map(([c, name]) => {
      const item = document.createElement("li"), swatch = document.createElement("i"), text = document.createElement("span");
      [swatch.className, text.textContent] = [c, name];
      item.append(swatch, text);
      return item;
    }));
  }
}

new ResizeObserver(() => draw()).observe(document.getElementById("charts"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts.values()) {
    chart.plot?.destroy();
    chart.plot = null;
  }

  draw();
});
