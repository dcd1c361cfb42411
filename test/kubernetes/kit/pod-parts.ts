import { z } from "zod";

/** What of a pod's `spec` the stand-in of the kubelet acts on. */
export const PodSpec = z.object({
  containers: z.tuple([
    z.object({
      name: z.string(),
      image: z.string(),
      args: z.array(z.string()),
      ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
      readinessProbe: z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) }),
      volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
    }),
  ]),
  volumes: z.array(
    z.object({
      name: z.string(),
      configMap: z.object({ name: z.string() }).optional(),
      secret: z.object({ secretName: z.string() }).optional(),
      emptyDir: z.looseObject({}).optional(),
    }),
  ),
});

export type PodSpec = z.infer<typeof PodSpec>;

/** A pod's `status` as a kubelet writes it for one running container. */
export const podStatus = (ip: string, container: { readonly name: string; readonly image: string }, ready: boolean) => {
  const condition = (type: string) => ({ type, status: ready ? "True" : "False" });
  return {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [condition("Ready"), condition("ContainersReady")],
    containerStatuses: [
      { name: container.name, image: container.image, imageID: "", ready, restartCount: 0, state: { running: {} } },
    ],
  };
};
