/** oidc-provider's adapter for Redis, as its documentation's example has it. */

const GRANTABLE = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);
const CONSUMABLE = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode']);

export function adapterOf(redis) {
  return class RedisAdapter {
    constructor(name) {
      this.name = name;
    }

    key(id) {
      return `${this.name}:${id}`;
    }

    async upsert(id, payload, expiresIn) {
      const key = this.key(id);
      const multi = redis.multi();
      if (CONSUMABLE.has(this.name)) multi.hset(key, { payload: JSON.stringify(payload) });
      else multi.set(key, JSON.stringify(payload));
      if (expiresIn) multi.expire(key, expiresIn);
      if (GRANTABLE.has(this.name) && payload.grantId) {
        multi.rpush(`grant:${payload.grantId}`, key);
        if (expiresIn) multi.expire(`grant:${payload.grantId}`, expiresIn);
      }
      if (payload.userCode) multi.set(`userCode:${payload.userCode}`, id, 'EX', expiresIn);
      if (payload.uid) multi.set(`uid:${payload.uid}`, id, 'EX', expiresIn);
      await multi.exec();
    }

    async find(id) {
      if (!CONSUMABLE.has(this.name)) {
        const text = await redis.get(this.key(id));
        return text === null ? undefined : JSON.parse(text);
      }
      const { payload, ...rest } = await redis.hgetall(this.key(id));
      return payload === undefined ? undefined : { ...rest, ...JSON.parse(payload) };
    }

    async findByUserCode(userCode) {
      const id = await redis.get(`userCode:${userCode}`);
      return id === null ? undefined : this.find(id);
    }

    async findByUid(uid) {
      const id = await redis.get(`uid:${uid}`);
      return id === null ? undefined : this.find(id);
    }

    async consume(id) {
      await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000));
    }

    async destroy(id) {
      await redis.del(this.key(id));
    }

    async revokeByGrantId(grantId) {
      const keys = await redis.lrange(`grant:${grantId}`, 0, -1);
      await redis.del(`grant:${grantId}`, ...keys);
    }
  };
}
