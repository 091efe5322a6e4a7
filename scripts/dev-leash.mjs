/** Loaded into the gateway that `npm run dev` starts: it leaves with the one who started it, however that one ended. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
