import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';

/** How a peer may misbehave; `ok` is a healthy VMM. */
export type Behaviour =
  | 'ok'
  /** Takes the request and never answers. */
  | 'hang'
  /** Sends the head of an answer, and then a byte now and then for ever. */
  | 'drip'
  /** Sends an answer that has no end, as fast as it is taken. */
  | 'flood'
  /** Talks something else. */
  | 'garbage'
  /** HTTP, but no JSON. */
  | 'html'
  /** Closes every connection at once. */
  | 'refuse'
  /** Sends half of its answer and closes. */
  | 'die';

type Reply = readonly [status: number, body?: unknown];

/** Answers one request. */
export type Api = (method: string, path: string, body: Readonly<Record<string, unknown>>) => Reply;

export interface ApiPeer {
  behaviour: Behaviour;
  /** `METHOD PATH`, with the body where there is one. */
  readonly asked: string[];
  readonly close: () => Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const part of request) text += part;
  return text;
};

/** An HTTP server on a unix socket that answers as `api` says, while it behaves. */
export const startApi = async (path: string, api: Api): Promise<ApiPeer> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const peer = { behaviour: 'ok' as Behaviour };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    asked.push([request.method, request.url, ...(text === '' ? [] : [text])].join(' '));
    if (peer.behaviour === 'hang') return;
    const [status, value] = api(request.method ?? '', request.url ?? '', text === '' ? {} : JSON.parse(text));
    const body = value === undefined ? '' : JSON.stringify(value);
    if (peer.behaviour === 'drip') {
      response.writeHead(200, { 'Content-Length': 1_000_000 });
      timers.add(setInterval(() => response.write(' '), 20));
    } else if (peer.behaviour === 'flood') {
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.writeHead(200).on('drain', more);
      more();
    } else if (peer.behaviour === 'html') {
      response.writeHead(200).end('<html>');
    } else if (peer.behaviour === 'die') {
      response.writeHead(status, { 'Content-Length': body.length + 10 });
      response.write(body, () => response.destroy());
    } else {
      // Firecracker and Cloud Hypervisor give the length, and none with 204.
      response.writeHead(status, {
        ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
        'Content-Type': 'application/json',
      });
      response.end(body);
    }
  };
  const http = createHttpServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  const server: Server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    if (peer.behaviour === 'refuse') socket.destroy();
    else if (peer.behaviour === 'garbage') socket.end('SSH-2.0-OpenSSH_9.2p1\r\n');
    else http.emit('connection', socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return Object.assign(peer, {
    asked,
    close: () => {
      for (const timer of timers) clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  });
};

const fault = (fault_message: string): Reply => [400, { fault_message }];

/** What a peer that plays Firecracker has; change it to change the guest. */
export interface Microvm {
  id: string;
  state: string;
  memory: number;
  balloon: { amount_mib: number; deflate_on_oom: boolean; stats_polling_interval_s: number } | undefined;
  /** MiB that the balloon holds; its driver follows at once. */
  follows: boolean;
  held: number;
  statistics: Record<string, unknown>;
  huge_pages?: string;
}

/** Firecracker's API as its firecracker.yaml (1.7) has it, as far as memory goes. */
export const firecrackerApi =
  (vm: Microvm): Api =>
  (method, path, body) => {
    switch (`${method} ${path}`) {
      case 'GET /':
        return [200, { app_name: 'Firecracker', id: vm.id, state: vm.state, vmm_version: '1.7.0' }];
      case 'GET /machine-config':
        return [
          200,
          {
            vcpu_count: 2,
            mem_size_mib: vm.memory,
            smt: false,
            track_dirty_pages: false,
            huge_pages: vm.huge_pages ?? 'None',
          },
        ];
      case 'GET /balloon':
        return vm.balloon
          ? [200, vm.balloon]
          : fault('Error getting the balloon device configuration: Device not found.');
      case 'GET /balloon/statistics':
        if (!vm.balloon?.stats_polling_interval_s) return fault('Statistics for the balloon device are not enabled');
        return [
          200,
          {
            target_pages: vm.balloon.amount_mib * 256,
            actual_pages: vm.held * 256,
            target_mib: vm.balloon.amount_mib,
            actual_mib: vm.held,
            ...vm.statistics,
          },
        ];
      case 'PATCH /balloon': {
        const amount = body['amount_mib'];
        if (!vm.balloon || typeof amount !== 'number' || !Number.isInteger(amount) || amount < 0)
          return fault('The balloon device can’t be updated');
        vm.balloon.amount_mib = amount;
        if (vm.follows) vm.held = amount;
        return [204];
      }
      default:
        return fault(`Invalid request method and/or path: ${method} ${path}.`);
    }
  };

/** What a peer that plays Cloud Hypervisor has; bytes. */
export interface CloudVm {
  state: string;
  memory: Record<string, unknown>;
  balloon: { size: number; deflate_on_oom: boolean; free_page_reporting: boolean } | null;
  actual: number;
  whole: number;
}

/** Cloud Hypervisor's API as its cloud-hypervisor.yaml has it, as far as memory goes. */
export const cloudHypervisorApi =
  (vm: CloudVm | undefined): Api =>
  (method, path, body) => {
    if (!vm) return [500, ['Error from API', 'The VM is not created']];
    switch (`${method} ${path}`) {
      case 'GET /api/v1/vm.info':
        return [
          200,
          {
            config: { cpus: { boot_vcpus: 1, max_vcpus: 1 }, memory: vm.memory, balloon: vm.balloon, disks: null },
            state: vm.state,
            memory_actual_size: vm.actual,
            device_tree: {},
          },
        ];
      case 'PUT /api/v1/vm.resize': {
        const wanted = body['desired_balloon'];
        if (typeof wanted !== 'number' || !vm.balloon) return [500, ['Error from API', 'The VM could not be resized']];
        vm.balloon.size = wanted;
        vm.actual = vm.whole - wanted;
        return [204];
      }
      default:
        return [404];
    }
  };
