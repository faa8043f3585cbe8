/** What rules, runbooks and dashboard name is there: in the catalogue of metrics, and in each other. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { type Named, namesIn, rulesIn } from "./e2e/support/observability.ts";

const at = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const catalogue = at("functions/METRICS.md");

/** Per metric the labels it has, as the catalogue says. */
const known = new Map(
  catalogue
    .split("\n")
    .filter((line) => line.startsWith("| `roundsman_"))
    .map((line) => {
      const [name, type, labels] = line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", ""));
      return [name!, { type: type!, labels: labels === "" ? [] : labels!.split(", ") }] as const;
    }),
);
/** Labels that Prometheus or its operator adds, and a histogram's own. */
const ADDED = ["instance", "job", "le"];

function flawsOf(expression: string): string[] {
  return namesIn(expression).flatMap(({ metric, labels }: Named) => {
    const entry = known.get(metric) ?? known.get(metric.replace(/_(bucket|sum|count)$/, ""));
    if (!entry) return [`${metric} is not in the catalogue`];
    return labels
      .filter((label) => !entry.labels.includes(label) && !ADDED.includes(label))
      .map((label) => `${metric} has no label ${label}`);
  });
}

const rules = rulesIn(at("knative/observability/rules/rules.yaml"));
const runbooks = at("knative/observability/RUNBOOKS.md");
const dashboard = JSON.parse(at("knative/observability/rules/dashboard.json"));
const panels: any[] = dashboard.panels.filter((panel: any) => panel.type !== "row");

describe("alert rules", () => {
  it.each(rules)("$alert uses metrics and labels that there are, and says what it means", (rule) => {
    expect(flawsOf(rule.expr)).toEqual([]);
    expect(rule.alert).toMatch(/^Roundsman[A-Z][A-Za-z]+$/);
    expect(["critical", "warning"]).toContain(rule.labels.severity);
    expect(rule.annotations.summary).not.toBe("");
    expect(rule.annotations.description).not.toBe("");
    // A sentence can only say what its alert is told apart by.
    const told = [...`${rule.annotations.summary} ${rule.annotations.description}`.matchAll(/\$labels\.(\w+)/g)].map(
      ([, name]) => name,
    );
    const by = [...rule.expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/, */));
    for (const name of told) expect(by).toContain(name);
  });

  it("each has its runbook, and each runbook its alert", () => {
    const titles = [...runbooks.matchAll(/^## (\w+)$/gm)].map(([, title]) => title!);
    expect(titles).toEqual(rules.map(({ alert }) => alert));
    for (const { alert, annotations } of rules)
      expect(annotations.runbook).toBe(`knative/observability/RUNBOOKS.md#${alert.toLowerCase()}`);
  });

  it("there is one for each thing that a person must know of", () => {
    const all = rules.map(({ alert }) => alert);
    for (const what of [
      "WatcherStale",
      "ChecksUnanswered",
      "DeadLetters",
      "BudgetSpent",
      "BudgetLatched",
      "CanaryMissing",
    ])
      expect(all).toContain(`Roundsman${what}`);
  });

  it("would notice a metric that there is not, and a label that it has not", () => {
    expect(flawsOf('sum by (uid) (roundsman_findings_open{nose="x"}) / roundsman_unheard_of')).toEqual([
      ...["roundsman_findings_open has no label nose", "roundsman_findings_open has no label uid"],
      "roundsman_unheard_of is not in the catalogue",
    ]);
  });
});

describe("the dashboard", () => {
  it("has panels that stand beside each other, each with what it shows", () => {
    expect(panels.length).toBeGreaterThan(15);
    expect(new Set(dashboard.panels.map(({ id }: any) => id)).size).toBe(dashboard.panels.length);
    const places = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }: any) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    for (const panel of panels) expect(panel.targets.length).toBeGreaterThan(0);
  });

  it.each(panels.flatMap(({ title, targets }) => targets.map(({ expr }: any) => ({ title, expr }))))(
    "$title: $expr",
    ({ expr }) => expect(flawsOf(expr)).toEqual([]),
  );
});

it("what is scraped is what the overlays make: by their label and their ports", () => {
  const monitor = parse(at("knative/observability/by-pod/podmonitor.yaml"));
  const [deployment] = parseAllDocuments(at("knative/overlays/embedded/deployment.yaml")).map((one) => one.toJS());
  const { labels } = deployment.spec.template.metadata;
  expect(labels).toMatchObject(monitor.spec.selector.matchLabels);
  const ports = deployment.spec.template.spec.containers[0].ports.map(({ name }: any) => name);
  expect(monitor.spec.podMetricsEndpoints.map(({ port }: any) => port)).toEqual(expect.arrayContaining(ports));
  const service = parse(at("knative/observability/by-service/servicemonitor.yaml"));
  const [svc] = parseAllDocuments(at("knative/overlays/embedded/service.yaml")).map((one) => one.toJS());
  expect(svc.metadata.labels).toMatchObject(service.spec.selector.matchLabels);
  expect(svc.spec.ports.map(({ name }: any) => name)).toContain(service.spec.endpoints[0].port);
});
