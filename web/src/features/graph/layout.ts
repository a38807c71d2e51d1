import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from "d3-force";
import type { Answer, Recommendation } from "../../lib/api";

export interface GraphNode extends SimulationNodeDatum {
  readonly id: string;
  readonly seed: boolean;
  readonly title: string;
  readonly artist: string;
  readonly taste: number;
  readonly radius: number;
  x: number;
  y: number;
}

export interface GraphLink extends SimulationLinkDatum<GraphNode> {
  source: GraphNode;
  target: GraphNode;
  readonly weight: number;
}

export interface GraphData {
  readonly nodes: GraphNode[];
  readonly links: GraphLink[];
}

type Place = { readonly x: number; readonly y: number };

/** Seeds, suggestions and the links between them. Songs that were there before start from their old places. */
export function toGraph(
  answer: Answer,
  songs: readonly Recommendation[],
  before: ReadonlyMap<string, Place>,
): GraphData {
  const nodes = new Map<string, GraphNode>();
  const seeds = answer.source_nodes.filter((seed) => seed.resolved_by !== null);
  const ring = circle(seeds.map((seed) => ({ id: seed.id, taste: seed.taste ?? 0 })));
  const add = (id: string, fresh: Place, node: Omit<GraphNode, "id" | "x" | "y">) => {
    const place = before.get(id) ?? fresh;
    nodes.set(id, { id, ...node, x: place.x, y: place.y });
  };
  const highest = Math.max(...songs.map((song) => song.score), 0.001);
  for (const seed of seeds)
    add(seed.id, ring.get(seed.id) ?? spiral(0), {
      seed: true,
      title: seed.track_name ?? seed.id,
      artist: seed.track_artist ?? "",
      taste: seed.taste ?? 0,
      radius: 11,
    });
  const pulls = new Map<string, { place: Place; weight: number }[]>();
  for (const { source, target, weight } of answer.edges) {
    const place = nodes.get(source);
    if (place) pulls.set(target, [...(pulls.get(target) ?? []), { place, weight }]);
  }
  for (const song of songs)
    add(song.id, beside(pulls.get(song.id) ?? [], nodes.size), {
      seed: false,
      title: song.track_name ?? song.id,
      artist: song.track_artist ?? "",
      taste: song.taste ?? 0,
      radius: 3.5 + 5 * Math.sqrt(Math.max(song.score, 0) / highest),
    });
  const links = answer.edges.flatMap((edge) => {
    const source = nodes.get(edge.source);
    const target = nodes.get(edge.target);
    return source && target ? [{ source, target, weight: edge.weight }] : [];
  });
  return { nodes: [...nodes.values()], links };
}

/** Seeds begin on a circle, those of one taste side by side, so that groups need not push through each other. */
function circle(seeds: readonly { id: string; taste: number }[]): Map<string, Place> {
  const radius = 60 + 30 * Math.sqrt(seeds.length);
  const sorted = [...seeds].sort((one, other) => one.taste - other.taste);
  return new Map(
    sorted.map(({ id }, index) => {
      const angle = (2 * Math.PI * index) / sorted.length;
      return [id, { x: radius * Math.cos(angle), y: radius * Math.sin(angle) }];
    }),
  );
}

/** A suggestion begins near the seeds that contribute most to it. */
function beside(pulls: readonly { place: Place; weight: number }[], index: number): Place {
  const { x, y } = spiral(index);
  const total = pulls.reduce((sum, { weight }) => sum + weight ** 2, 0) || 1;
  const mean = (axis: "x" | "y") =>
    pulls.reduce((sum, { place, weight }) => sum + place[axis] * weight ** 2, 0) / total;
  return { x: mean("x") + x / 4, y: mean("y") + y / 4 };
}

function spiral(index: number): Place {
  const angle = index * 2.39996;
  const distance = 14 * Math.sqrt(index + 1);
  return { x: distance * Math.cos(angle), y: distance * Math.sin(angle) };
}

const SLICE = 10;

/**
 * Lets the forces come to rest in a box that is `aspect` times as wide as high, in slices so short that the page stays
 * responsive. Nothing is drawn until then.
 */
export async function settle(
  { nodes, links }: GraphData,
  aspect: number,
  signal: AbortSignal,
): Promise<void> {
  const strongest = Math.max(...links.map((link) => link.weight), 0.001);
  const simulation = forceSimulation<GraphNode>(nodes)
    .force(
      "link",
      forceLink<GraphNode, GraphLink>(links)
        .distance((link) => 110 - 60 * (link.weight / strongest))
        .strength((link) => 0.08 + 0.3 * (link.weight / strongest)),
    )
    .force(
      "charge",
      forceManyBody<GraphNode>()
        .strength((node) => (node.seed ? -700 : -190))
        .distanceMax(260),
    )
    .force(
      "collide",
      forceCollide<GraphNode>((node) => node.radius + 9),
    )
    .force("x", forceX<GraphNode>().strength(0.05 / Math.min(aspect, 2)))
    .force("y", forceY<GraphNode>().strength(0.05 * Math.max(aspect, 0.5)))
    .alphaDecay(0.035)
    .stop();
  let began = performance.now();
  while (simulation.alpha() > simulation.alphaMin() && !signal.aborted) {
    simulation.tick();
    if (performance.now() - began < SLICE) continue;
    await new Promise((resume) => setTimeout(resume));
    began = performance.now();
  }
}

/** The transform by which everything is in view. */
export function fit(
  nodes: readonly GraphNode[],
  width: number,
  height: number,
): { x: number; y: number; k: number } {
  if (nodes.length === 0) return { x: width / 2, y: height / 2, k: 1 };
  const left = Math.min(...nodes.map((node) => node.x - node.radius));
  const right = Math.max(...nodes.map((node) => node.x + node.radius));
  const top = Math.min(...nodes.map((node) => node.y - node.radius));
  const bottom = Math.max(...nodes.map((node) => node.y + node.radius));
  // Labels need some room beside the outermost circles.
  const k = Math.min((width - 90) / (right - left || 1), (height - 70) / (bottom - top || 1), 2);
  return {
    k: Math.max(k, 0.05),
    x: width / 2 - (k * (left + right)) / 2,
    y: height / 2 - (k * (top + bottom)) / 2,
  };
}
