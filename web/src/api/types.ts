/** Types of what the API takes and gives, picked from the generated `schema.d.ts` by path. */
import type { components, paths } from "./schema";

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;
type Operation<P extends keyof paths, M extends string> = M extends keyof paths[P] ? paths[P][M] : never;

/** The JSON body of a 200 reply. */
export type ReplyOf<P extends keyof paths, M extends "get" | "post" | "delete" = "get"> =
  Operation<P, M> extends { responses: { 200: infer Reply } } ? Json<Reply> : never;

/** The JSON body that a POST takes. */
export type QuestionOf<P extends keyof paths> =
  Operation<P, "post"> extends { requestBody: infer Body } ? Json<Body> : never;

/** What an agent answers, without the envelope. */
export type AnswerOf<P extends keyof paths> = ReplyOf<P, "post"> extends { answer: infer A } ? Required<A> : never;

type Schemas = components["schemas"];
export type Envelope<A = Record<string, unknown>> = Omit<Schemas["Envelope"], "answer"> & { answer: A };
export type AgentStatus = Schemas["AgentStatus"];
export type Job = Schemas["Job"];
export type Refused = Schemas["Refused"];

/** A stored row: what every kind has, and the rest as it came. */
export type Row = { id: string; simulated?: boolean; at?: string; [column: string]: unknown };

/** A CloudEvent from the socket. */
export interface MeshEvent {
  id: string;
  type: string;
  subject: string;
  time: string;
  topic: string;
  mspid: string;
  data: Record<string, unknown>;
}

/** RFC 9457, as every 4xx and 5xx of the mesh is told. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; reason: string }[];
}
