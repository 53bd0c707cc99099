/**
 * Reads from the sources what the engine can say, and what every error of it can say as message and hint: as it is put together,
 * with the words that functions are handed and the choices they make. What is known only at run time is a placeholder. Knows no
 * language.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["src-main", "src-shared", join("src-renderer", "connection")];
/** The command line speaks English. */
const ENGLISH = join("src-main", "hosts", "cli");

/** Stands for what is known only at run time. No space in it: it may be a name, a number, a path. */
export const HOLE = "\u0001";
/** More wordings of one error than this are not told apart: what makes them many is then a placeholder. */
const MAX_WORDINGS = 1000;
/** Functions that call each other, and values that are handed on, are followed so far. */
const MAX_DEPTH = 8;

export type EngineError = {
  /** File and line, such as `src-main/dataset/merge.ts:57`. */
  readonly where: string;
  readonly messages: readonly string[];
  readonly hints: readonly string[];
};

export type EngineSpeech = {
  readonly errors: readonly EngineError[];
  /** Every text of the sources, whole and in parts, with {{1}}, {{2}} … for what is filled in. */
  readonly wordings: ReadonlySet<string>;
};

type Node = { readonly type: string; readonly start: number; readonly [key: string]: unknown };
type Source = { readonly path: string; readonly text: string; readonly program: Node };
type Env = ReadonlyMap<string, readonly string[]>;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";
const isFunction = (node: Node): boolean =>
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
const nameOf = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === "AssignmentPattern") return nameOf(node.left);
  return node.type === "Identifier" || node.type === "PrivateIdentifier" ? String(node.name) : undefined;
};
const childrenOf = (node: Node): Node[] =>
  Object.entries(node).flatMap(([key, value]) =>
    key === "type" ? [] : (Array.isArray(value) ? value : [value]).filter(isNode),
  );

/** All that the engine can say. Throws where a source cannot be parsed. */
export function readEngineSpeech(): EngineSpeech {
  const sources = readSources();
  const parents = new Map<Node, Node>();
  const sourceOf = new Map<Node, Source>();
  const functions = new Map<string, { node: Node; path: string }[]>();
  const calls = new Map<string, { node: Node; path: string }[]>();
  const imports = new Map<string, Map<string, { path: string; name: string }>>();
  const errors: { node: Node; source: Source }[] = [];
  const texts: Node[] = [];
  const put = <T>(map: Map<string, T[]>, key: string | undefined, value: T): void => {
    if (key === undefined) return;
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };

  for (const source of sources) {
    const named = new Map<string, { path: string; name: string }>();
    imports.set(source.path, named);
    const index = (node: Node): void => {
      if (node.type.startsWith("TS") && !/^TS(As|Satisfies|NonNull)Expression$/.test(node.type)) return;
      const place = { node, path: source.path };
      if (node.type === "ImportDeclaration") {
        const from = String((node.source as Node).value);
        if (!from.startsWith(".")) return;
        const path = join(dirname(source.path), from);
        for (const part of node.specifiers as Node[]) {
          named.set(nameOf(part.local) ?? "", { path, name: nameOf(part.imported) ?? "" });
        }
        return;
      }
      if (node.type === "FunctionDeclaration") put(functions, nameOf(node.id), place);
      if (node.type === "VariableDeclarator" && isNode(node.init) && isFunction(node.init)) {
        put(functions, nameOf(node.id), { node: node.init, path: source.path });
      }
      if (/^(MethodDefinition|Property|PropertyDefinition)$/.test(node.type) && isNode(node.value)) {
        if (isFunction(node.value)) put(functions, nameOf(node.key), { node: node.value, path: source.path });
      }
      if (node.type === "TemplateLiteral" || (node.type === "BinaryExpression" && node.operator === "+"))
        texts.push(node);
      if (node.type === "CallExpression") put(calls, calledName(node), place);
      if (node.type === "NewExpression" && nameOf(node.callee) === "LimpetError")
        errors.push({ node, source });
      if (node.type === "NewExpression") put(calls, `new ${nameOf(node.callee)}`, place);
      for (const child of childrenOf(node)) {
        parents.set(child, node);
        index(child);
      }
    };
    sourceOf.set(source.program, source);
    index(source.program);
  }

  const sourceAt = (node: Node): Source => {
    let at = node;
    for (let up = parents.get(at); up !== undefined; up = parents.get(at)) at = up;
    return sourceOf.get(at) as Source;
  };

  /** The function that a call reaches: of the same file, or imported by it; by its name alone for methods. */
  const reached = (call: Node, path: string): { node: Node; path: string } | undefined => {
    const name = calledName(call);
    if (name === undefined) return undefined;
    const imported =
      isNode(call.callee) && call.callee.type === "Identifier" ? imports.get(path)?.get(name) : undefined;
    const wanted = imported ?? { path, name };
    const known = functions.get(wanted.name) ?? [];
    return (
      known.find((one) => one.path === wanted.path) ??
      (imported === undefined && known.length === 1 ? known[0] : undefined)
    );
  };

  /** Where an identifier gets its value: an initialiser, or a parameter of a function around it. */
  const origin = (
    name: string,
    from: Node,
  ): { init?: Node; parameter?: { of: Node; index: number } } | undefined => {
    for (let at: Node | undefined = from; at !== undefined; at = parents.get(at)) {
      if (isFunction(at)) {
        const index = (at.params as Node[]).findIndex((parameter) => nameOf(parameter) === name);
        if (index >= 0) return { parameter: { of: at, index } };
        if ((at.params as Node[]).some((parameter) => binds(parameter, name))) return undefined;
      }
      const body =
        at.type === "BlockStatement" || at.type === "Program"
          ? (at.body as Node[])
          : at.type === "SwitchCase"
            ? (at.consequent as Node[])
            : [];
      for (const statement of body) {
        const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
        if (!isNode(declared) || declared.type !== "VariableDeclaration") continue;
        for (const one of declared.declarations as Node[]) {
          if (nameOf(one.id) === name)
            return isNode(one.init) && declared.kind === "const" ? { init: one.init } : undefined;
          if (binds(one.id as Node, name)) return undefined;
        }
      }
    }
    const imported = imports.get(sourceAt(from).path)?.get(name);
    const other = sources.find(({ path }) => path === imported?.path);
    return imported === undefined || other === undefined ? undefined : origin(imported.name, other.program);
  };

  const wordings = (value: unknown, env: Env, depth: number): readonly string[] => {
    if (!isNode(value) || depth > MAX_DEPTH) return [HOLE];
    const next = (part: unknown): readonly string[] => wordings(part, env, depth);
    switch (value.type) {
      case "Literal":
        return [typeof value.value === "string" ? value.value : HOLE];
      case "TemplateLiteral": {
        const quasis = (value.quasis as Node[]).map((part) =>
          String((part.value as { cooked: string }).cooked),
        );
        const filled = (value.expressions as Node[]).map((part) =>
          unique(next(part).map((text) => (isNamed(text) ? HOLE : text))),
        );
        return quasis.reduce<readonly string[]>(
          (all, quasi, index) =>
            joined(joined(all, index === 0 ? [""] : (filled[index - 1] as string[])), [quasi]),
          [""],
        );
      }
      case "BinaryExpression":
        return value.operator === "+" ? joined(next(value.left), next(value.right)) : [HOLE];
      case "ConditionalExpression":
        return unique([...next(value.consequent), ...next(value.alternate)]);
      case "LogicalExpression":
        return unique([...next(value.left), ...next(value.right)]);
      case "ParenthesizedExpression":
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "ChainExpression":
        return next(value.expression);
      case "MemberExpression": {
        const table = tableOf(value.object);
        if (table === undefined) return [HOLE];
        const entries = (table.properties as Node[]).filter(({ type }) => type === "Property");
        const key = value.computed === true ? undefined : nameOf(value.property);
        const wanted =
          key === undefined
            ? entries
            : entries.filter((one) => nameOf(one.key) === key || (one.key as Node).value === key);
        return wanted.length === 0 ? [HOLE] : unique(wanted.flatMap((one) => next(one.value)));
      }
      case "Identifier": {
        const name = String(value.name);
        if (name === "undefined") return [];
        const found = origin(name, value);
        if (found?.init !== undefined) return wordings(found.init, env, depth + 1);
        if (found?.parameter === undefined) return [HOLE];
        return env.get(name) ?? handed(found.parameter.of, found.parameter.index, depth + 1);
      }
      case "CallExpression": {
        const target = reached(value, sourceAt(value).path);
        if (target === undefined || target.node.async === true) return [HOLE];
        const bound = new Map(
          (target.node.params as Node[]).flatMap((parameter, index) => {
            const name = nameOf(parameter);
            const given =
              (value.arguments as Node[])[index] ??
              (parameter.type === "AssignmentPattern" ? parameter.right : undefined);
            return name === undefined ? [] : [[name, given === undefined ? [] : next(given)] as const];
          }),
        );
        const said = returnsOf(target.node).flatMap((one) => wordings(one, bound, depth + 1));
        return said.length === 0 ? [HOLE] : unique(said);
      }
      default:
        return [HOLE];
    }
  };

  const tableOf = (value: unknown): Node | undefined => {
    if (!isNode(value)) return undefined;
    if (value.type === "ObjectExpression") return value;
    if (/^TS(As|Satisfies)Expression$/.test(value.type)) return tableOf(value.expression);
    const name = nameOf(value);
    return name === undefined ? undefined : tableOf(origin(name, value)?.init);
  };

  /** All that callers hand to a function at this place; what they are asked for while it is being read is a placeholder. */
  const handed = (of: Node, index: number, depth: number): readonly string[] => {
    const read = known.get(of) ?? new Map<number, readonly string[]>();
    known.set(of, read);
    const before = read.get(index);
    if (before !== undefined) return before;
    read.set(index, [HOLE]);
    const now = handedAnew(of, index, depth);
    read.set(index, now);
    return now;
  };
  const known = new Map<Node, Map<number, readonly string[]>>();

  const handedAnew = (of: Node, index: number, depth: number): readonly string[] => {
    const owner = parents.get(of);
    const name = nameOf(of.id) ?? nameOf(owner?.id) ?? nameOf(owner?.key);
    const parameter = (of.params as Node[])[index] as Node;
    const wanted =
      name === "constructor" ? `new ${nameOf(parents.get(parents.get(owner as Node) as Node)?.id)}` : name;
    const given = (calls.get(wanted ?? "") ?? [])
      .filter((call) => call.node.type === "NewExpression" || reached(call.node, call.path)?.node === of)
      .flatMap(({ node }) => {
        const argument = (node.arguments as Node[])[index];
        if (argument === undefined) return [];
        return isNode(argument) && argument.type === "SpreadElement"
          ? [HOLE]
          : wordings(argument, new Map(), depth);
      });
    const usual = parameter.type === "AssignmentPattern" ? wordings(parameter.right, new Map(), depth) : [];
    return given.length + usual.length === 0 ? [HOLE] : unique([...given, ...usual]);
  };

  const hintsOf = (options: unknown): readonly string[] => {
    if (!isNode(options)) return [];
    if (options.type === "ConditionalExpression")
      return [...hintsOf(options.consequent), ...hintsOf(options.alternate)];
    if (options.type !== "ObjectExpression") {
      const table = tableOf(options);
      return table === undefined ? [] : hintsOf(table);
    }
    return (options.properties as Node[]).flatMap((property) => {
      if (property.type === "SpreadElement") {
        const spread = property.argument as Node;
        return hintsOf(spread.type === "LogicalExpression" ? spread.right : spread);
      }
      return nameOf(property.key) === "hint" ? wordings(property.value, new Map(), 0) : [];
    });
  };

  const said = errors.map(({ node, source }) => {
    const [, message, options] = node.arguments as Node[];
    const line = source.text.slice(0, node.start).split("\n").length;
    return {
      where: `${source.path}:${line}`,
      messages: unique(wordings(message, new Map(), 0)),
      hints: unique(hintsOf(options)).filter((hint) => hint !== ""),
    };
  });
  const all = [
    ...said.flatMap(({ messages, hints }) => [...messages, ...hints]),
    ...texts.flatMap((node) => wordings(node, new Map(), 0)),
  ];
  return { errors: said, wordings: new Set(all.map(numbered)) };
}

/** A wording as a key of a catalogue: its placeholders get their numbers. */
function numbered(wording: string): string {
  let count = 0;
  return wording.replaceAll(HOLE, () => `{{${++count}}}`);
}

function readSources(): Source[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .map(String)
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts") && !path.startsWith(ENGLISH))
      .map((path) => {
        const text = readFileSync(join(ROOT, path), "utf8");
        const { program, errors } = parseSync(path, text);
        if (errors.length > 0)
          throw new Error(`${relative(ROOT, path)} cannot be parsed: ${errors[0]?.message}`);
        return { path, text, program: program as unknown as Node };
      }),
  );
}

function calledName(call: Node): string | undefined {
  const callee = call.callee as Node;
  return (
    nameOf(callee) ??
    (callee.type === "MemberExpression" && callee.computed !== true ? nameOf(callee.property) : undefined)
  );
}

/** What a function returns, without the functions within it. */
function returnsOf(node: Node): Node[] {
  const body = node.body as Node;
  if (body.type !== "BlockStatement") return [body];
  const found: Node[] = [];
  const visit = (part: Node): void => {
    if (part.type === "ReturnStatement" && isNode(part.argument)) found.push(part.argument);
    else if (!isFunction(part)) for (const child of childrenOf(part)) visit(child);
  };
  visit(body);
  return found;
}

const binds = (pattern: Node, name: string): boolean =>
  nameOf(pattern) === name ||
  (/Pattern$|^RestElement$|^Property$/.test(pattern.type) &&
    childrenOf(pattern).some((part) => binds(part, name)));

const unique = (list: readonly string[]): readonly string[] => [...new Set(list)];

/** What is filled in and no word: a path with an ending, an address, a name of the protocol. */
const isNamed = (text: string): boolean => !text.includes(" ") && /[^\p{L}]/u.test(text);

function joined(before: readonly string[], after: readonly string[]): readonly string[] {
  if (before.length * after.length > MAX_WORDINGS) return before.map((text) => text + HOLE);
  return before.flatMap((text) => after.map((more) => text + more));
}
