import type { GraphData, GraphNode } from "./layout";

export interface Colours {
  readonly paper: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly tastes: readonly string[];
  readonly font: string;
}

/** The colours of the style sheet as they are now, light or dark. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    paper: read("--paper"),
    ink: read("--ink"),
    quiet: read("--quiet"),
    line: read("--quiet-fill"),
    tastes: [0, 1, 2, 3].map((taste) => read(`--taste-${taste}`)),
    font: style.fontFamily,
  };
}

interface Scene {
  readonly graph: GraphData;
  readonly colours: Colours;
  readonly transform: { readonly x: number; readonly y: number; readonly k: number };
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
  /** The focused song and those connected with it; empty if no song is focused. */
  readonly lit: ReadonlySet<string>;
  readonly focused: string | null;
}

export function draw(context: CanvasRenderingContext2D, scene: Scene): void {
  const { graph, colours, transform, width, height, ratio, lit, focused } = scene;
  const { x, y, k } = transform;
  const dim = lit.size > 0;
  const place = (node: GraphNode): [number, number] => [node.x * k + x, node.y * k + y];
  const colour = (taste: number) => colours.tastes[taste] ?? colours.ink;

  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const strongest = Math.max(...graph.links.map((link) => link.weight), 0.001);
  // At full strength, hundreds of lines would hide the songs that they connect.
  const density = Math.min(1, Math.max(0.3, 120 / graph.links.length));
  for (const { source, target, weight } of graph.links) {
    const bright = dim && (source.id === focused || target.id === focused);
    context.globalAlpha = bright ? 0.95 : (dim ? 0.08 : 0.12 + 0.5 * (weight / strongest)) * density;
    context.strokeStyle = bright || !dim ? colour(source.taste) : colours.line;
    context.lineWidth = (0.6 + 3.4 * (weight / strongest)) * Math.min(Math.max(k, 0.6), 1.4);
    context.beginPath();
    context.moveTo(...place(source));
    context.lineTo(...place(target));
    context.stroke();
  }

  const scale = Math.min(Math.max(k, 0.55), 1.6);
  for (const node of graph.nodes) {
    const [cx, cy] = place(node);
    context.globalAlpha = dim && !lit.has(node.id) ? 0.25 : 1;
    context.beginPath();
    context.arc(cx, cy, node.radius * scale, 0, 2 * Math.PI);
    context.fillStyle = node.seed ? colour(node.taste) : colours.paper;
    context.fill();
    context.lineWidth = node.id === focused ? 3 : 2;
    context.strokeStyle = node.id === focused ? colours.ink : colour(node.taste);
    context.stroke();
  }
  labels(context, scene, place, scale);
  context.globalAlpha = 1;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;
}

/** Draws names where there is room: of the focused song and its links, then of seeds, then of the best suggestions. */
function labels(
  context: CanvasRenderingContext2D,
  scene: Scene,
  place: (node: GraphNode) => [number, number],
  scale: number,
): void {
  const { graph, colours, width, height, lit, focused } = scene;
  const rank = (node: GraphNode) => (node.id === focused ? 0 : lit.has(node.id) ? 1 : node.seed ? 2 : 3);
  // A name must not overlap any circle; its own circle is far enough away from it.
  const taken: Box[] = graph.nodes.map((node) => {
    const [cx, cy] = place(node);
    const half = node.radius * scale;
    return { left: cx - half, right: cx + half, top: cy - half, bottom: cy + half };
  });
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineJoin = "round";
  for (const node of [...graph.nodes].sort(
    (one, other) => rank(one) - rank(other) || other.radius - one.radius,
  )) {
    if (lit.size > 0 && !lit.has(node.id)) continue;
    const [cx, cy] = place(node);
    if (cx < 0 || cy < 0 || cx > width || cy > height) continue;
    context.font = `${node.seed || node.id === focused ? 700 : 500} 12px ${colours.font}`;
    const text = shortened(node.title);
    const half = halfWidth(context, text);
    const middle = Math.min(Math.max(cx, half + 4), width - half - 4);
    // Below its circle, or above where there is no room.
    const boxes = [cy + node.radius * scale + 3, cy - node.radius * scale - 16].map((top) => ({
      left: middle - half - 3,
      right: middle + half + 3,
      top: top - 1,
      bottom: top + 14,
    }));
    const free = boxes.find((box) => !taken.some((other) => overlap(box, other)));
    const box = free ?? (node.id === focused ? boxes[0] : undefined);
    if (!box) continue;
    const top = box.top + 1;
    taken.push(box);
    context.globalAlpha = 1;
    context.strokeStyle = colours.paper;
    context.lineWidth = 4;
    context.strokeText(text, middle, top);
    context.fillStyle = node.seed || node.id === focused ? colours.ink : colours.quiet;
    context.fillText(text, middle, top);
  }
}

const widths = new Map<string, number>();

/** Caches widths, because measuring is slow, and the same names are drawn in every frame of a movement. */
function halfWidth(context: CanvasRenderingContext2D, text: string): number {
  const key = context.font + text;
  const known = widths.get(key) ?? context.measureText(text).width / 2;
  widths.set(key, known);
  return known;
}

function shortened(title: string): string {
  const signs = [...title];
  return signs.length > 26 ? `${signs.slice(0, 25).join("")}…` : title;
}
