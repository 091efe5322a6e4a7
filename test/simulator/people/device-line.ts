import type { Network } from '../network/network.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import type { Front } from './front.ts';

/** No answer came, in time or at all. */
export const NO_ANSWER = Symbol('no answer');

/** The way of one person's device to the gateways. */
export class DeviceLine {
  readonly process: SimulatedProcess;
  readonly #network: Network;

  constructor(process: SimulatedProcess, network: Network) {
    this.process = process;
    this.#network = network;
  }

  /** Lets a gateway do something, and settles with what came back over the network within the time. */
  ask<T>(front: Front, limitMs: number, work: (front: Front) => Promise<T>): Promise<T | typeof NO_ANSWER> {
    const { process } = this;
    const gateway = front.gateway.process;
    return new Promise((resolve) => {
      const cancel = process.after(limitMs, () => resolve(NO_ANSWER));
      const answer = (value: T | typeof NO_ANSWER): void =>
        this.#network.way(gateway.name, process.name).carry((arrival) =>
          process.receive(arrival, () => {
            cancel();
            resolve(value);
          }),
        );
      this.#network.way(process.name, gateway.name).carry((arrival) => {
        if (!gateway.isAlive) return answer(NO_ANSWER);
        gateway.receive(arrival, () => void work(front).then(answer, () => answer(NO_ANSWER)));
      });
    });
  }

  /** Kept after that long, by the device's own clock. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.process.after(ms, resolve));
  }
}
