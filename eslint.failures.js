/*
 * An error in the product's rooms is a Failure, with a sentence for people, or a
 * Fault, with a stack for a log (contract/failure.ts). These rules refuse errors
 * that are neither, and code that loses a stack.
 */

/** What `no-restricted-syntax` refuses. */
export const failuresSyntax = [
  {
    selector: "NewExpression[callee.name=/^(Range|Type)?Error$/]",
    message:
      "Say which it is: a Failure, with a sentence for people, or a Fault of Longhaul's own (contract/failure.ts).",
  },
  {
    selector: "CallExpression[callee.name='String'] > Identifier[name='error']",
    message: "A fault loses its stack here: use sentenceOf, traceOf or messageOf (contract/failure.ts).",
  },
];

/** True for the type of an error that is not one of our own with a sentence for people. */
function mayBeFault(type) {
  if (type.isUnionOrIntersection()) return type.types.some(mayBeFault);
  const name = type.symbol?.name;
  if (name === "Failure") return false;
  return name === "Error" || (type.getBaseTypes?.() ?? []).some(mayBeFault);
}

/** Refuses to read the message of an error that may be a fault: its stack would be lost. */
const messageRule = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      lost: "A fault loses its stack here: use sentenceOf, traceOf or messageOf (contract/failure.ts).",
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const check = (node, error) => {
      if (mayBeFault(services.getTypeAtLocation(error))) context.report({ node, messageId: "lost" });
    };
    return {
      "MemberExpression[property.name='message']": (node) => check(node, node.object),
      "ObjectPattern > Property[key.name='message']": (node) => check(node, node.parent),
    };
  },
};

export const failuresPlugin = { rules: { message: messageRule } };
