// QEMU's command line, for a machine without hardware virtualisation and without a network of its own.

import { join } from 'node:path';

export interface Machine {
  readonly image: string;
  readonly initramfs: string;
  readonly disk: string;
  readonly keep: boolean;
  /** Shared with the guest, read-only. */
  readonly shared: string;
  /** Shared with the guest, for what it writes. */
  readonly out: string;
}

export function qemuArguments({ image, initramfs, disk, keep, shared, out }: Machine): string[] {
  return [
    'qemu-system-x86_64',
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-no-user-config'],
    ...['-machine', 'q35,hpet=off', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max', '-smp', '2', '-m', '3072'],
    ...['-kernel', join(image, 'vmlinux'), '-initrd', initramfs],
    ...['-append', 'console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check'],
    ...['-serial', 'stdio', '-device', 'virtio-rng-pci'],
    ...['-drive', `file=${disk},if=virtio,format=raw,snapshot=${keep ? 'off' : 'on'},cache=unsafe,aio=threads`],
    ...['-virtfs', `local,path=${shared},mount_tag=vm,security_model=none,readonly=on,multidevs=remap`],
    ...['-virtfs', `local,path=${out},mount_tag=out,security_model=none,multidevs=remap`],
  ];
}
