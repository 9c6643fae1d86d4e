/** House rules as a Deno lint plugin: imports flow one way, and ambient power stays in its rooms. @module */

import { importProblem, POWER_GLOBALS, powerProblem } from "./rooms.ts";

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** Names under which a program reaches its own globals. */
const GLOBAL_OBJECTS: ReadonlySet<string> = new Set(["globalThis", "self", "window"]);

const importDirection: Deno.lint.Rule = {
  create(context) {
    const file = pathOf(context.filename);
    return onSpecifiers((specifier, node) => {
      const message = importProblem(file, specifier);
      if (message) context.report({ node, message, hint: "See the table in tools/rooms.ts" });
    });
  },
};

const ambientPower: Deno.lint.Rule = {
  create(context) {
    const file = pathOf(context.filename);
    const judge = (power: string, node: Deno.lint.Node) => {
      const message = powerProblem(file, power);
      if (message) context.report({ node, message, hint: "Ask capabilities/powers.ts for it" });
    };
    return {
      ...onSpecifiers(judge),
      Identifier(node) {
        if (!POWER_GLOBALS.has(node.name) && !GLOBAL_OBJECTS.has(node.name)) return;
        if (!isValue(node)) return;
        if (isDeclared(node.name, context.sourceCode.getAncestors(node))) return;
        if (POWER_GLOBALS.has(node.name)) judge(node.name, node);
        else judge(powerBehind(node), node);
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "airlock",
  rules: { "import-direction": importDirection, "ambient-power": ambientPower },
};

export default plugin;

function pathOf(filename: string): string {
  const path = filename.replaceAll("\\", "/");
  const from = path.indexOf(ROOT.replace(/^\/(?=[A-Za-z]:)/, ""));
  return from < 0 ? path : path.slice(from + ROOT.replace(/^\/(?=[A-Za-z]:)/, "").length);
}

function onSpecifiers(
  check: (specifier: string, node: Deno.lint.Node) => void,
): Deno.lint.LintVisitor {
  const checkSource = (node: { readonly source: Deno.lint.Node | null }) => {
    const { source } = node;
    if (source?.type === "Literal" && typeof source.value === "string") check(source.value, source);
  };
  return {
    ImportDeclaration: checkSource,
    ExportNamedDeclaration: checkSource,
    ExportAllDeclaration: checkSource,
    ImportExpression: checkSource,
  };
}

/** What `globalThis.name` reaches; `Deno` stands for everything when the name is computed. */
function powerBehind(node: Deno.lint.Identifier): string {
  const { parent } = node;
  if (parent.type !== "MemberExpression" || parent.object !== node) return "";
  if (!parent.computed && parent.property.type === "Identifier") return parent.property.name;
  const { property } = parent;
  return property.type === "Literal" && typeof property.value === "string"
    ? property.value
    : "Deno";
}

/** Whether an identifier stands for a value, rather than for a key, a label or a type. */
function isValue(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.computed || (parent.type === "PropertyDefinition" && parent.value === node);
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      return false;
    default:
      return !parent.type.startsWith("TS") || VALUE_WRAPPERS.has(parent.type);
  }
}

/** Type syntax that wraps a value. */
const VALUE_WRAPPERS: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSInstantiationExpression",
]);

/** Whether a scope around the identifier declares its name, so that it is not the global. */
function isDeclared(name: string, ancestors: readonly Deno.lint.Node[]): boolean {
  return ancestors.some((scope) => declaredIn(scope).some((node) => namesIn(node).includes(name)));
}

/** The patterns that a scope declares. */
function declaredIn(scope: Deno.lint.Node): readonly (Deno.lint.Node | null)[] {
  switch (scope.type) {
    case "Program":
    case "BlockStatement":
      return scope.body.flatMap(declaredBy);
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return scope.params.filter((param) => param.type !== "TSParameterProperty");
    case "CatchClause":
      return [scope.param];
    case "ForStatement":
      return scope.init ? declaredBy(scope.init) : [];
    case "ForOfStatement":
    case "ForInStatement":
      return declaredBy(scope.left);
    default:
      return [];
  }
}

/** The patterns that one statement declares. */
function declaredBy(statement: Deno.lint.Node): readonly (Deno.lint.Node | null)[] {
  switch (statement.type) {
    case "VariableDeclaration":
      return statement.declarations.map(({ id }) => id);
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return [statement.id];
    case "ImportDeclaration":
      return statement.specifiers.map(({ local }) => local);
    case "ExportNamedDeclaration":
      return statement.declaration ? declaredBy(statement.declaration) : [];
    default:
      return [];
  }
}

/** The names that a pattern binds. */
function namesIn(pattern: Deno.lint.Node | null | undefined): readonly string[] {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    case "ArrayPattern":
      return pattern.elements.flatMap(namesIn);
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === "Property" ? property.value : property)
      );
    default:
      return [];
  }
}
