/** The part of saxen's interface that is used: the package has no types. */
declare module "saxen" {
  interface Events {
    openTag: (name: string) => void;
    closeTag: () => void;
    /** As it stands in the document, with its entities. */
    text: (characters: string) => void;
    cdata: (characters: string) => void;
  }

  export class Parser {
    on<Event extends keyof Events>(event: Event, listener: Events[Event]): this;
    /** @throws Error when the document is not well-formed, or incomplete */
    parse(xml: string): void;
  }
}
