import { XdrError, type XdrReader, XdrWriter } from './xdr.ts';

/**
 * The procedures of libvirt that kvmtop calls (remote_protocol.x): their numbers, what they are given, and what they give.
 * All of them only look. What is read throws an XdrError where it is none of that kind.
 */

export const procedures = {
  open: 1,
  domainXml: 14,
  authList: 66,
  authPolkit: 70,
  libVersion: 157,
  jobStats: 298,
  registerEvent: 316,
  domainStats: 344,
} as const;

/** remote_auth_type. */
export const auth = { none: 0, sasl: 1, polkit: 2 } as const;

/** VIR_CONNECT_RO. */
const readOnly = 1;
/** VIR_DOMAIN_STATS_STATE and _BALLOON. */
const stateAndBalloon = 1 | (1 << 2);
/** VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: where somebody is at work on the domain, what is known without asking its QEMU. */
const noWait = 1 << 29;

/** The events that kvmtop is told: virDomainEventID, and the procedure that tells each. Every one begins with whom it is about. */
const events = [
  { id: 0, procedure: 318, what: 'all' },
  { id: 13, procedure: 331, what: 'balloon' },
  { id: 26, procedure: 438, what: 'all' },
] as const;

/** What happened to a domain: its state or its devices changed, or only its balloon moved. */
export interface DomainEvent {
  readonly uuid: string;
  readonly what: 'all' | 'balloon';
}

const nothing = Buffer.alloc(0);

/** libvirt finds a domain by its UUID alone; name and number are for its messages. */
const domain = (uuid: string) => (writer: XdrWriter) =>
  writer
    .string(uuid)
    .fixed(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
    .int(-1);

const ofDomain = (uuid: string, flags = 0): Buffer => domain(uuid)(new XdrWriter()).int(flags).bytes();

export const callFor = {
  authList: () => nothing,
  authPolkit: () => nothing,
  libVersion: () => nothing,
  /** `name`: the URI without the way to it. */
  open: (name: string): Buffer => {
    const writer = new XdrWriter();
    return writer
      .optional(name, text => writer.string(text))
      .int(readOnly)
      .bytes();
  },
  registerEvents: (): readonly Buffer[] => events.map(({ id }) => new XdrWriter().int(id).int(0).bytes()),
  domainXml: (uuid: string): Buffer => ofDomain(uuid),
  jobStats: (uuid: string): Buffer => ofDomain(uuid),
  domainStats: (uuid: string): Buffer => {
    const writer = new XdrWriter();
    return writer
      .list([uuid], one => domain(one)(writer))
      .int(stateAndBalloon)
      .int(noWait)
      .bytes();
  },
} as const;

/** The ways to prove who one is that libvirtd leaves open. */
export const readAuthList = (reader: XdrReader): number[] =>
  all(
    reader,
    reader.list(() => reader.int()),
  );

export const readText = (reader: XdrReader): string => all(reader, reader.string());

/** Of one domain, by libvirt's own names; what are no numbers is left out. `undefined`: libvirt does not know the domain. */
export const readDomainStats = (reader: XdrReader): ReadonlyMap<string, number> | undefined => {
  const records = reader.list(() => {
    readDomain(reader);
    return readParameters(reader);
  });
  return all(reader, records[0]);
};

/** virDomainJobType, and the numbers of what is under way. */
export const readJobStats = (reader: XdrReader): { type: number; values: ReadonlyMap<string, number> } =>
  all(reader, { type: reader.int(), values: readParameters(reader) });

/** `undefined` for an event that was not asked for. */
export const readEvent = (procedure: number, reader: XdrReader): DomainEvent | undefined => {
  const event = events.find(one => one.procedure === procedure);
  if (!event) return undefined;
  reader.int();
  return { uuid: readDomain(reader), what: event.what };
};

/** Its UUID. */
const readDomain = (reader: XdrReader): string => {
  reader.string();
  const hex = reader.fixed(16).toString('hex');
  reader.int();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/** Typed parameters: of each its name, the kind of its value, and that. */
const readParameters = (reader: XdrReader): ReadonlyMap<string, number> => {
  const values = new Map<string, number>();
  reader.list(() => {
    const name = reader.string();
    const value = readParameter(reader);
    if (value !== undefined) values.set(name, value);
  });
  return values;
};

/** virTypedParameterType. */
const readParameter = (reader: XdrReader): number | undefined => {
  const type = reader.int();
  switch (type) {
    case 1:
    case 6:
      return reader.int();
    case 2:
      return reader.uint();
    case 3:
      return Number(reader.hyper());
    case 4:
      return Number(reader.unsignedHyper());
    case 5:
      return reader.double();
    case 7:
      reader.string();
      return undefined;
    default:
      throw new XdrError(`a parameter of type ${type}`);
  }
};

const all = <Value>(reader: XdrReader, value: Value): Value => {
  reader.end();
  return value;
};
