/*
 * The fence of one partition: what only the gateways' rings hold survives a server that forgets.
 *
 * One ticket, which was minted (1) and which each gateway may decide otherwise (FIRST + gateway). One partition of one
 * store, which may be wiped in place, replaced by a replica that lags, or taken over by a server without its data.
 * A gateway is two processes, as its calls and its watch run beside each other. No time: whoever waits for a
 * clock waits for as long as it likes, and a gateway that stands still is `still`.
 *
 * What each mutation breaks stands in scripts/model.mjs.
 */
#ifndef FORGETS
#define FORGETS 1
#endif
#ifndef STANDS
#define STANDS 0
#endif

#define N 2
#define FIRST 2
#define NONE 0
#define MINTED 1

mtype = { absent, expected, found, healed, struck };

/* The partition as its server has it, and as a replica that may lag has it. */
typedef Copy {
  byte log;
  byte token;
  byte madeUnder;
  bool open;
  mtype stage[N];
  bool registered[N];
}
Copy store;
Copy replica;
byte history = 1; /* master_replid */
byte server = 1;  /* which server it is; a connection leads to one of them */
byte tokens = 0;  /* tokens given so far: each is new */

/* Each gateway. */
bool started[N];
byte ring[N];
byte answer[N]; /* what the store answered a call that nobody was told of yet */
byte token[N];
byte connection[N];
bool knowsOther[N];
bool healing[N]; /* its own calls are held while it puts events back */
bool still[N];
bool seenStill[N]; /* by the other one, which may want to strike it */

/* What is known from outside. */
bool told[N];    /* somebody was told that this gateway's decision stands */
bool excused[N]; /* it was known only to a gateway that stood still and was struck */
byte faultsLeft = FORGETS;
byte standsLeft = STANDS;

#define other(g) (1 - g)
#define decisionOf(g) (FIRST + g)
#define connected(g) (connection[g] == server)
#define inFence(g) (token[g] != 0 && token[g] == store.token)
#define isWaitedFor(s) (s == expected || s == found)

inline openIfAllAre() {
  if
  :: !store.open && !isWaitedFor(store.stage[0]) && !isWaitedFor(store.stage[1]) -> store.open = true; holdsAll()
  :: else
  fi
}

/* What was told stands in a fence that is open. */
inline holdsAll() {
  assert(!told[0] || excused[0] || store.log == decisionOf(0));
  assert(!told[1] || excused[1] || store.log == decisionOf(1))
}

inline tell(decision) {
  told[decision - FIRST] = true;
  assert(!(told[0] && told[1]) || excused[0] || excused[1])
}

#ifdef NO_FENCE
#define mayAppend(g) true
#elif defined(CLOCK_ENDS)
#define mayAppend(g) inFence(g)
#else
#define mayAppend(g) (inFence(g) && store.open)
#endif

#ifdef CLOCK_ENDS
#define isHeld(g) false
#else
#define isHeld(g) healing[g]
#endif

#ifdef READ_UNFENCED
#define mayRead(g) true
#elif defined(READ_BY_RING)
#define mayRead(g) ((inFence(g) && store.open) || (!inFence(g) && store.log != NONE && store.log >= ring[g]))
#else
#define mayRead(g) (inFence(g) && store.open)
#endif

#ifdef OPENS_WITHOUT_MEMORY
#define expects(g) (knowsOther[g] || store.registered[other(g)])
#else
#define expects(g) (knowsOther[g] || store.registered[other(g)] || token[g] == 0)
#endif

#ifdef TELLS_ACROSS
#define isSameOpening(g) true
#else
#define isSameOpening(g) (token[g] == under)
#endif

#ifdef SLOW_IS_DEAD
#define mayStrike(g) true
#else
#define mayStrike(g) (still[other(g)] || !started[other(g)])
#endif

#if defined(BLIND_STRIKE) || defined(SLOW_IS_DEAD)
#define isSilent(g) true
#else
#define isSilent(g) seenStill[other(g)]
#endif

#ifdef HASTY_NEWCOMER
#define mayCall(g) true
#else
#define mayCall(g) (!started[other(g)] || knowsOther[other(g)])
#endif

/* Somebody decides at this gateway. A call that is refused changes nothing and is put again: it is as if it waited. */
proctype Decide(byte g) {
  byte under; /* the token with which the call went out */
  atomic {
    (!still[g] && started[g] && token[g] != 0 && !isHeld(g) && mayCall(g) && connected(g) && mayAppend(g));
    under = token[g];
    if
    :: store.log == MINTED -> store.log = decisionOf(g)
    :: else
    fi;
    if
    :: store.log >= FIRST -> answer[g] = store.log
    :: else /* no such ticket here */
    fi
  }
  atomic {
    if
    :: answer[g] >= FIRST && !still[g] && connected(g) && isSameOpening(g) -> ring[g] = answer[g]; tell(answer[g])
    :: answer[g] == NONE
    :: answer[g] >= FIRST && !(connected(g) && isSameOpening(g)) /* nobody is told */
    fi;
    answer[g] = NONE;
    under = 0
  }
}

/* Somebody looks at the ticket at any gateway: it is never older than what was told before. */
proctype Look() {
  byte g = 0;
  (told[0] || told[1]);
  if
  :: g = 1
  :: g = 0
  fi;
  atomic { (!still[g] && started[g] && token[g] != 0 && !isHeld(g) && mayCall(g) && connected(g) && mayRead(g)) ->
    assert(store.log >= FIRST || excused[0] || excused[1]) }
}

inline beginFence(g) {
  tokens++;
  store.token = tokens;
  store.madeUnder = history;
  store.open = false;
  store.stage[g] = found;
  store.stage[other(g)] = (expects(g) -> expected : absent)
}

/* sg3_enter */
inline enter(g) {
  connection[g] = server;
  seenStill[g] = false;
  healing[g] = true;
  store.registered[g] = true;
  if
  :: store.registered[other(g)] -> knowsOther[g] = true
  :: else
  fi;
  if
#ifndef NO_PARTITION_FENCE
  :: store.token == 0 -> beginFence(g)
#else
  :: tokens == 0 -> beginFence(g)
#endif
  :: store.token != 0 && store.madeUnder != history -> beginFence(g)
  :: store.token != 0 && store.madeUnder == history && !store.open ->
    if
    :: store.stage[g] != healed -> store.stage[g] = found
    :: else
    fi;
    if
    :: store.stage[other(g)] == absent && token[g] != 0 && knowsOther[g] -> store.stage[other(g)] = expected
    :: else
    fi
#ifndef LATE_STAYS_OUT
  :: store.token != 0 && store.madeUnder == history && store.open && token[g] != 0 && token[g] != store.token &&
    store.stage[g] != struck -> beginFence(g)
#endif
  :: else
  fi;
  token[g] = store.token
}

/* sg3_restore: one version at a time, compared with what stands there. */
inline restore(g) {
  do
  :: atomic { !still[g] && (!inFence(g) || !connected(g)) -> break }
  :: atomic { !still[g] && inFence(g) && connected(g) && ring[g] >= MINTED && store.log == NONE ->
      store.log = MINTED; seenStill[g] = false }
  :: atomic { !still[g] && inFence(g) && connected(g) && ring[g] >= FIRST && store.log == MINTED ->
      store.log = ring[g]; seenStill[g] = false }
  :: atomic { !still[g] && inFence(g) && connected(g) && ring[g] >= FIRST && store.log >= FIRST &&
      store.log != ring[g] ->
      ring[g] = store.log; break }
  :: atomic { !still[g] && inFence(g) && connected(g) && (ring[g] == store.log || ring[g] < store.log) -> break }
  od
}

inline excuse(decision, g) {
  if
  :: seenStill[other(g)] && decision >= FIRST && ring[g] != decision -> excused[decision - FIRST] = true
  :: else
  fi
}

/* Another history is noticed: once a second, by a refused call, or as a connection opens. */
proctype Watch(byte g) {
  do
  :: atomic { !still[g] && started[g] && (!connected(g) || !inFence(g)) -> enter(g) };
    restore(g);
    /* sg3_say */
    atomic { !still[g] ->
      seenStill[g] = false;
      if
      :: inFence(g) && connected(g) ->
        if
        :: !store.open -> store.stage[g] = healed; openIfAllAre()
        :: else
        fi;
        healing[g] = false
      :: else
      fi }
  /* sg3_strike: the beat is seen, a time passes without another one, and then it is struck unless it moved. */
  :: atomic { !still[g] && started[g] && inFence(g) && connected(g) && !store.open &&
      isWaitedFor(store.stage[other(g)]) && mayStrike(g) -> seenStill[other(g)] = true };
    atomic { !still[g] ->
      if
      :: inFence(g) && connected(g) && !store.open && isWaitedFor(store.stage[other(g)]) && isSilent(g) ->
        store.stage[other(g)] = struck;
        excuse(ring[other(g)], g);
        excuse(answer[other(g)], g);
        openIfAllAre()
      :: else
      fi }
  /* The feed. */
  :: atomic { !still[g] && started[g] && inFence(g) && connected(g) && store.open && ring[g] != store.log &&
      store.log != NONE -> ring[g] = store.log }
  /* Once a second it says that it is alive, and learns who else is. */
  :: atomic { !still[g] && started[g] && connected(g) && store.registered[other(g)] && !knowsOther[g] ->
      knowsOther[g] = true }
  :: atomic { !still[g] && started[g] && connected(g) && !store.registered[g] -> store.registered[g] = true }
  od
}

inline copyTo(to, from) {
  to.log = from.log; to.token = from.token; to.madeUnder = from.madeUnder; to.open = from.open;
  to.stage[0] = from.stage[0]; to.stage[1] = from.stage[1];
  to.registered[0] = from.registered[0]; to.registered[1] = from.registered[1]
}

inline forgetAll() {
#ifndef NO_PARTITION_FENCE
  store.token = 0; store.madeUnder = 0; store.open = false;
  store.stage[0] = absent; store.stage[1] = absent;
#endif
  store.log = NONE;
  store.registered[0] = false; store.registered[1] = false
}

proctype Faults() {
  do
  /* FLUSHALL */
  :: faultsLeft > 0 -> atomic { faultsLeft--; forgetAll(); copyTo(replica, store) }
  /* Another master takes over without the data. */
  :: faultsLeft > 0 -> atomic { faultsLeft--; history++; server++; forgetAll(); copyTo(replica, store) }
  /* The replica is promoted, as far as it came. */
  :: faultsLeft > 0 -> atomic { faultsLeft--; history++; server++; copyTo(store, replica) }
  :: faultsLeft > 0 -> atomic { copyTo(replica, store) }
  :: standsLeft > 0 -> atomic { standsLeft--; still[0] = true }
  :: atomic { still[0] -> still[0] = false }
  /* Who stands still now does so for good. */
  :: faultsLeft == 0 && standsLeft == 0 -> break
  od
}

init {
  atomic {
    store.log = MINTED; store.token = 1; store.madeUnder = 1; store.open = true; tokens = 1;
    store.stage[0] = absent; store.stage[1] = absent;
    replica.stage[0] = absent; replica.stage[1] = absent;
    store.registered[0] = true; started[0] = true; ring[0] = MINTED; token[0] = 1; connection[0] = 1;
#ifndef NEWCOMER
    store.registered[1] = true; started[1] = true; ring[1] = MINTED; token[1] = 1; connection[1] = 1;
    knowsOther[0] = true; knowsOther[1] = true;
#endif
    copyTo(replica, store);
    run Decide(0); run Decide(1); run Look(); run Watch(0); run Watch(1); run Faults();
  }
#ifdef NEWCOMER
  started[1] = true;
#endif
#ifdef FORGETTING_RING
  atomic { (told[0] && ring[0] == decisionOf(0)) -> ring[0] = NONE };
#endif
  /* Nothing moves any more. */
  timeout -> atomic {
    assert(store.open || still[0]);
    if
    :: store.open -> holdsAll()
    :: else
    fi
  }
}
