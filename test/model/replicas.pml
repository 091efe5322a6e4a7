/*
 * Terms, WAIT by name and asking after: what was told is on whichever server is promoted.
 *
 * Three servers, of which server 0 is the master at first, and two gateways. The Sentinels are one: their majority's view
 * changes in one step, some time after a replica was promoted. One ticket, which each gateway may decide otherwise, once
 * more if it was not told, and which is looked at. Messages take as long as they like, and nobody has a clock.
 *
 * What each mutation breaks stands in scripts/model.mjs.
 */
#ifndef FAULTS
#define FAULTS 1
#endif

#ifndef MOVES
#define MOVES 1
#endif

#ifdef SHORT
#define RETRIES false
#else
#define RETRIES true
#endif

#define N 2
#define SERVERS 3
#define NOBODY 3
#define NONE 0
#define decisionOf(g) (1 + g)

/* Each server. */
byte log[SERVERS];
byte follows[SERVERS];          /* itself: it is a master */
bool attached[SERVERS];         /* it has caught up with whom it follows since it began to */
bool dead[SERVERS];
bool down[SERVERS];             /* stands still, as most Sentinels say */
bool acknowledged[9];           /* [master * SERVERS + replica]: the master has heard that the replica has all that it has */

/* What most Sentinels say. */
byte master = 0;
byte epoch = 1;
byte chosen = NOBODY;           /* promoted, and not named yet */

bool cut = false;               /* gateway 0 and server 0 are cut off from everyone else */
byte faultsLeft = FAULTS;
byte movesLeft = MOVES;

/* Each gateway: where its writer leads, under which term, and what it knows of former masters. */
byte target[N];
byte term[N];
byte last[N];
bool former[6];                 /* [gateway * SERVERS + server] */

bool told[N];                   /* somebody was told that this gateway's decision stands */

#define reaches(g, s) (!dead[s] && !down[s] && (!cut || ((g == 0) == (s == 0))))
#define mayAsk(g) (!cut || g != 0)
#define seesEachOther(a, b) (!dead[a] && !dead[b] && !down[a] && !down[b] && (!cut || ((a == 0) == (b == 0))))
#define reachedBySentinels(s) (!dead[s] && !down[s] && (!cut || s != 0))
#define isMaster(s) (follows[s] == s)
#define hasHeard(m, s) acknowledged[m * SERVERS + s]
#define isFormer(g, s) former[g * SERVERS + s]

inline tell(decision) {
  told[decision - 1] = true;
  assert(!(told[0] && told[1]))
}

/*
 * A replica has what its master has, sooner or later, and the master hears so, and remembers it when the replica has gone.
 * One that has begun to follow another loses what that one lacks.
 */
proctype Replica(byte s) {
  do
  :: atomic { !isMaster(s) && isMaster(follows[s]) && seesEachOther(s, follows[s]) &&
      (!attached[s] || log[s] != log[follows[s]] || !hasHeard(follows[s], s)) ->
      log[s] = log[follows[s]]; attached[s] = true; hasHeard(follows[s], s) = true }
  od
}

inline promote(s) {
  follows[s] = s;
  attached[s] = false;
  hasHeard(s, 0) = false; hasHeard(s, 1) = false; hasHeard(s, 2) = false;
  chosen = s
}

#define isCandidate(s) (s != master && reachedBySentinels(s))
/* Sentinel takes the replica that has most of the master's history: one that has not caught up only if there is no other. */
#define isBetter(o) (isCandidate(o) && attached[o])
#define isBest(s) (attached[s] || !(isBetter(0) || isBetter(1) || isBetter(2)))

/* A failover: a replica is promoted, then most Sentinels say so, then the others are sent to it, each some time. */
#define isOfAnother(s) (s != master && reachedBySentinels(s) && follows[s] != master)

proctype Sentinels() {
  do
  :: atomic { chosen == NOBODY && !reachedBySentinels(master) ->
      if
      :: isCandidate(0) && isBest(0) -> promote(0)
      :: isCandidate(1) && isBest(1) -> promote(1)
      :: isCandidate(2) && isBest(2) -> promote(2)
      fi }
#ifdef MOVE
  :: atomic { chosen == NOBODY && faultsLeft > 0 && movesLeft > 0 && reachedBySentinels(master) ->
      if
      :: isCandidate(0) && isBest(0) -> promote(0); faultsLeft--; movesLeft--
      :: isCandidate(1) && isBest(1) -> promote(1); faultsLeft--; movesLeft--
      :: isCandidate(2) && isBest(2) -> promote(2); faultsLeft--; movesLeft--
      fi }
#endif
  :: atomic { chosen != NOBODY && reachedBySentinels(chosen) ->
      master = chosen;
      epoch++;
      chosen = NOBODY;
      assert(!told[0] || log[master] == decisionOf(0));
      assert(!told[1] || log[master] == decisionOf(1)) }
  :: atomic { chosen != NOBODY && !reachedBySentinels(chosen) -> chosen = NOBODY }
  :: atomic { chosen == NOBODY && isOfAnother(0) -> follows[0] = master; attached[0] = false }
  :: atomic { chosen == NOBODY && isOfAnother(1) -> follows[1] = master; attached[1] = false }
  :: atomic { chosen == NOBODY && isOfAnother(2) -> follows[2] = master; attached[2] = false }
  od
}

/* Who may stand still. Of two faults the second is not that of a server which is being promoted, or a master. */
#ifdef CHOSEN_STANDS
#define mayStand(s) (s != master)
#elif defined(MASTERS_STAND)
#define mayStand(s) (s != chosen)
#else
#define mayStand(s) (FAULTS == 1 || (s != chosen && s != master))
#endif

proctype Faults() {
  do
#ifdef DEATH
  :: atomic { faultsLeft > 0 -> faultsLeft--; dead[0] = true }
  :: atomic { faultsLeft > 0 -> faultsLeft--; dead[1] = true }
#endif
#ifdef STANDS
  :: atomic { faultsLeft > 0 && mayStand(0) -> faultsLeft--; down[0] = true; attached[0] = false }
  :: atomic { faultsLeft > 0 && mayStand(1) -> faultsLeft--; down[1] = true; attached[1] = false }
  :: atomic { down[0] -> down[0] = false }
  :: atomic { down[1] -> down[1] = false }
#endif
#ifdef CUT
  :: atomic { faultsLeft > 0 -> faultsLeft--; cut = true }
  :: atomic { cut -> cut = false }
#endif
  :: faultsLeft == 0 && !cut && !down[0] && !down[1] -> break
  od
}

/* A writer opens only where most name the master, and learns of its term. */
inline heard(g) {
  if
  :: last[g] != master -> isFormer(g, last[g]) = true; last[g] = master
  :: else
  fi;
  isFormer(g, master) = false
}

proctype Writer(byte g) {
  do
  :: atomic { mayAsk(g) && (target[g] != master || term[g] != epoch) && reaches(g, master) && isMaster(master) ->
      target[g] = master; term[g] = epoch; heard(g) }
  od
}

#define isSameTerm(g) (mayAsk(g) && master == target[g] && epoch == term[g])

#ifdef BY_NUMBER
#define mustHold(g, s) isAttached[s]
#else
#define mustHold(g, s) (s != target[g] && !isDown(s) && !(isFormer(g, s) && !isAttached[s]) || isAttached[s])
#endif

#define isHeld(g, s) (!mustHold(g, s) || holds[s])

#if defined(NO_ASK) || defined(ASK_BEFORE)
#define mayTell(g) true
#else
#define mayTell(g) isSameTerm(g)
#endif

#ifdef ASK_BEFORE
#define isDown(s) wasDown[s]
#else
#define isDown(s) down[s]
#endif

#ifdef NO_WAIT
#define needsReplicas false
#elif defined(RETRY_UNWAITED)
#define needsReplicas (answer != NONE && isFresh)
#else
#define needsReplicas (answer != NONE)
#endif

inline lookAtReplica(g, s) {
  isAttached[s] = (follows[s] == target[g] && attached[s] && s != target[g]);
  holds[s] = hasHeard(target[g], s);
  if
  :: isAttached[s] -> isFormer(g, s) = false
  :: else
  fi
}

/* One call: it decides, or looks. Each of its steps may be as late as it likes, and it ends without an answer at any. */
inline call(g, decides) {
#ifdef ASK_BEFORE
  atomic { isSameTerm(g) -> wasDown[0] = down[0]; wasDown[1] = down[1]; wasDown[2] = down[2] }
#endif
  atomic { (reaches(g, target[g]) && isMaster(target[g]) && term[g] != 0) ->
    under = term[g];
    isFresh = false;
    if
    :: decides && log[target[g]] == NONE ->
      log[target[g]] = decisionOf(g);
      isFresh = true;
      hasHeard(target[g], 0) = false; hasHeard(target[g], 1) = false; hasHeard(target[g], 2) = false
    :: else
    fi;
    answer = log[target[g]] };
  /* ROLE, WAIT and ROLE. */
  if
  :: needsReplicas ->
    atomic { (reaches(g, target[g]) && isMaster(target[g])) ->
      lookAtReplica(g, 0); lookAtReplica(g, 1); lookAtReplica(g, 2) }
  :: !needsReplicas
  :: true -> under = 0
  fi;
  /* The question afterwards, and the answer. */
  atomic {
    if
    :: under != 0 && under == term[g] && mayTell(g) && (!needsReplicas || (isHeld(g, 0) && isHeld(g, 1) && isHeld(g, 2))) ->
      if
      :: answer != NONE -> tell(answer)
      :: else -> assert(decides)
      fi
    :: true
    fi;
    answer = NONE; under = 0; isFresh = false;
    isAttached[0] = false; isAttached[1] = false; isAttached[2] = false;
    holds[0] = false; holds[1] = false; holds[2] = false
  }
}

proctype Decide(byte g) {
  byte answer, under;
  bool isFresh;
  bool isAttached[SERVERS];
  bool holds[SERVERS];
  bool wasDown[SERVERS];
  call(g, true);
  if
  :: RETRIES && g == 0 && !told[g] -> call(g, true)
  :: else
  fi
}

/* Somebody who looks after something was told is told no older state. */
proctype Look() {
  byte g, answer, under;
  bool isFresh;
  bool isAttached[SERVERS];
  bool holds[SERVERS];
  bool wasDown[SERVERS];
  (told[0] || told[1]);
  if
  :: g = 1
  :: g = 0
  fi;
  call(g, false)
}

init {
  atomic {
    attached[1] = true; attached[2] = true;
    term[0] = 1; term[1] = 1;
    hasHeard(0, 1) = true; hasHeard(0, 2) = true;
    run Decide(0); run Decide(1); 
#ifndef SHORT
    run Look();
#endif
   
    run Writer(0); run Writer(1);
    run Replica(0); run Replica(1); run Replica(2);
    run Sentinels(); run Faults()
  }
}
