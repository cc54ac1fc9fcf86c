export const pluginName = 'nfs-shared:latest';
export const image = 'busybox:test';
