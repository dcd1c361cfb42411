import { z } from "zod";

const Labels = z
  .record(z.string().max(316), z.string().max(63))
  .meta({ maxProperties: 16, description: "Labels and their values." });

const Selector = z.object({ matchLabels: Labels.optional() });

const Peer = z
  .object({
    podSelector: Selector.optional().meta({ description: "Pods with these labels; none: all." }),
    namespaceSelector: Selector.optional().meta({ description: "In namespaces with these labels; absent: this one." }),
    ipBlock: z
      .object({ cidr: z.string().max(43).meta({ description: "e.g. 10.0.0.0/8" }) })
      .optional()
      .meta({ description: "Addresses, instead of pods." }),
  })
  .meta({ description: "As in a NetworkPolicy." });

const Peers = z.array(Peer).min(1).max(16);

/** `spec.proxy.networkPolicy`. Nobody but these reaches the proxies, where a network plugin enforces it. */
export const NetworkPolicy = z.object({
  engineFrom: Peers.meta({ description: "Who may reach the engine and rpc ports: op-node and op-conductor." }),
  adminFrom: Peers.meta({ description: "Who may reach the admin port: this operator's pods, and Prometheus." }),
});

/** `spec.proxy.serviceMonitor`. That it is there is enough. */
export const ServiceMonitor = z.object({
  labels: Labels.optional().meta({ description: "Labels by which your Prometheus selects ServiceMonitors." }),
  interval: z
    .string()
    .regex(/^[0-9]+(ms|s|m)$/, { error: "a duration such as 30s" })
    .max(16)
    .optional()
    .meta({ description: "How often the proxies' metrics are scraped. Default: Prometheus' own." }),
});
