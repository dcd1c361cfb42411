import { post } from "./http-calls.ts";
import type { World } from "./world.ts";

/** `PUT /execution-mode` with the admin token: a text as it is, anything else as JSON. */
export const setMode = async (world: World, body: unknown) => {
  const headers = { authorization: `Bearer ${world.adminToken}` };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await post(`${world.urls.admin}/execution-mode`, text, headers, "PUT");
  return { status: answer.status, body: answer.json() };
};
