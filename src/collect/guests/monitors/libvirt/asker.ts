/** What kvmtop asks libvirt of one domain, by its UUID, whatever the way. All of it fails with a LibvirtError only. */
export interface Asker {
  /** Why nothing can be learnt of any domain, and what to do; `undefined` when nothing is wrong. */
  readonly problem: string | undefined;
  /** Whether what happens to domains is told unasked. */
  readonly tellsEvents: boolean;
  /** Seconds from one question about a domain to the next at least, where asking costs much. */
  readonly every?: number;
  /** Its state and its balloon's statistics, under libvirt's own names and in its own units. */
  domainStats(uuid: string): Promise<ReadonlyMap<string, number>>;
  domainXml(uuid: string): Promise<string>;
  /** What libvirt is doing with the domain. */
  jobStats(uuid: string): Promise<JobStats>;
  /** Ends what is under way; what is asked then fails. */
  close(): Promise<void>;
}

export interface JobStats {
  /** virDomainJobType. */
  readonly type: number;
  readonly values: ReadonlyMap<string, number>;
}

/** Who is told what libvirt says unasked. */
export interface Listener {
  /** Something of the domain is not as it was last told; `balloon`: no more than the size of that. */
  changed(uuid: string, what: 'all' | 'balloon'): void;
  /** libvirt answers again: whoever failed may be asked anew. */
  recovered(): void;
}
