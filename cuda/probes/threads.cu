// What threads do together: shuffles, votes, atomics, named barriers, mbarriers, clusters.
#include "stage.h"

namespace oct::probes {
namespace {

// 12 words per lane.
__global__ void shuffle_probe(const uint32_t* in, uint32_t* out) {
  const uint32_t lane = gpu::lane();
  const uint32_t x = in[lane];
  uint32_t* mine = out + lane * 12;
  mine[0] = __shfl_sync(gpu::all_lanes, x, static_cast<int>((lane * 7 + 2) % 32));
  mine[1] = __shfl_sync(gpu::all_lanes, x, 5, 8);
  mine[2] = __shfl_sync(gpu::all_lanes, x, 37);  // past the warp: modulo its width
  mine[3] = __shfl_up_sync(gpu::all_lanes, x, 3u);
  mine[4] = __shfl_up_sync(gpu::all_lanes, x, 3u, 16);
  mine[5] = __shfl_down_sync(gpu::all_lanes, x, 5u);
  mine[6] = __shfl_down_sync(gpu::all_lanes, x, 5u, 8);
  mine[7] = __shfl_xor_sync(gpu::all_lanes, x, 9);
  mine[8] = __shfl_xor_sync(gpu::all_lanes, x, 6, 4);  // another segment: PTX's rule of the clamp
  mine[9] = __ballot_sync(gpu::all_lanes, (x & 1u) != 0);
  mine[10] = static_cast<uint32_t>(__any_sync(gpu::all_lanes, x == 0)) | static_cast<uint32_t>(__all_sync(gpu::all_lanes, x != 0)) << 1;
  mine[11] = static_cast<uint32_t>(__popc(x)) | static_cast<uint32_t>(__clz(static_cast<int>(x))) << 8 |
             static_cast<uint32_t>(__ffs(static_cast<int>(x))) << 16;
}

__global__ void reduction_probe(const uint32_t* in, uint32_t* out) {
  const uint32_t lane = gpu::lane();
  const float x = __uint_as_float(in[lane]);
  out[lane * 2] = __float_as_uint(gpu::warp_sum(x));
  out[lane * 2 + 1] = __float_as_uint(gpu::warp_max(x));
}

// The values that come back depend on the order of arrival; that they are all different, and the last values, do not.
// Out: 64 marks, one a returned count; then sum, minimum, maximum (signed), the sum in shared memory, the winner's trace.
__global__ void atomic_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, sum, [1]);
  uint32_t* state = out + 64;
  if (threadIdx.x == 0) {
    sum[0] = 0;
    state[0] = state[4] = state[5] = 0;
    state[1] = 0xffffffffu;
    state[2] = 0x80000000u;
  }
  __syncthreads();
  const uint32_t place = gpu::atomic_add(state, 1u);
  out[place % 64] = place;
  gpu::atomic_min(state + 1, in[threadIdx.x]);
  gpu::atomic_max(reinterpret_cast<int32_t*>(state + 2), static_cast<int32_t>(in[threadIdx.x]));
  gpu::atomic_add(sum, in[threadIdx.x]);
  // One of them finds the 0.
  if (gpu::atomic_compare_exchange(state + 4, 0u, 77u) == 0u) gpu::atomic_add(state + 5, 1u);
  __syncthreads();
  if (threadIdx.x == 0) state[3] = sum[0];
}

// Four warps pass a buffer on through named barriers: 0 writes, 1 doubles, 2 adds, 3 stores.
__global__ void named_barrier_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, buffer, [32]);
  const uint32_t warp = threadIdx.x / 32;
  const uint32_t lane = gpu::lane();
  if (warp > 0) gpu::named_barrier_sync(warp, 64);
  const uint32_t next = warp == 1 ? buffer[(lane + 1) % 32] : 0;
  __syncwarp();
  if (warp == 0) buffer[lane] = in[lane];
  if (warp == 1) buffer[lane] = next * 2;
  if (warp == 2) buffer[lane] += lane;
  if (warp == 3) out[lane] = buffer[lane];
  if (warp < 3) gpu::named_barrier_arrive(warp + 1, 64);
}

// A producer warp and a consumer warp, two buffers, 6 rounds: phases alternate as the parity says.
__global__ void mbarrier_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, buffer, [2][32]);
  GPU_SHARED(gpu::mbarrier, full, [2]);
  GPU_SHARED(gpu::mbarrier, empty, [2]);
  const uint32_t lane = gpu::lane();
  if (threadIdx.x == 0) {
    for (int i = 0; i < 2; ++i) {
      gpu::mbarrier_init(full + i, 32);
      gpu::mbarrier_init(empty + i, 32);
    }
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
  for (uint32_t round = 0; round < 6; ++round) {
    const uint32_t place = round % 2;
    const uint32_t parity = round / 2 % 2;
    if (threadIdx.x < 32) {
      gpu::mbarrier_wait(empty + place, parity ^ 1);  // passes at once in the first rounds
      buffer[place][lane] = in[lane] + round;
      gpu::mbarrier_arrive(full + place);
    } else {
      gpu::mbarrier_wait(full + place, parity);
      out[round * 32 + lane] = buffer[place][31 - lane];
      gpu::mbarrier_arrive(empty + place);
    }
  }
}

// Four blocks of a cluster: each reads its neighbor's shared memory, then all arrive at the barrier of block 0.
// Out: a block's 32 sums and its rank and size.
__global__ void cluster_probe(const uint32_t* in, uint32_t* out) {
  GPU_SHARED(uint32_t, mine, [32]);
  GPU_SHARED(gpu::mbarrier, all_read, [1]);
  const uint32_t rank = gpu::cluster_rank();
  const uint32_t size = gpu::cluster_size();
  const uint32_t lane = gpu::lane();
  mine[lane] = in[lane] * (rank + 1);
  if (lane == 0) {
    gpu::mbarrier_init(all_read, size * 32);
    gpu::fence_mbarrier_init();
  }
  gpu::cluster_sync();
  const uint32_t* theirs = gpu::cluster_map(mine, (rank + 1) % size);
  out[blockIdx.x * 34 + lane] = theirs[31 - lane];
  gpu::mbarrier_arrive_remote(all_read, 0);
  if (rank == 0) gpu::mbarrier_wait(all_read, 0);
  if (lane == 0) {
    out[blockIdx.x * 34 + 32] = rank;
    out[blockIdx.x * 34 + 33] = size;
  }
  gpu::cluster_sync();
}

// Values whose sums are exact: multiples of 1/16 below 64.
Words exact_floats() {
  Random random(81);
  Words words;
  for (int i = 0; i < 32; ++i) words.push_back(bits_of(static_cast<float>(random.integer(-1024, 1024)) / 16));
  return words;
}

Words general_floats() {
  Random random(82);
  Words words;
  for (int i = 0; i < 32; ++i) words.push_back(bits_of(random.uniform(1)));
  return words;
}

}  // namespace

void add_threads(std::vector<Probe>* all) {
  const auto words = [] { return random_words(64, 83); };
  all->push_back({"warp", "shuffles_and_votes", 80, false, Closeness::bits, 0, words, runner("shuffles", shuffle_probe, 32, 32 * 12)});
  all->push_back({"warp", "reductions_exact", 80, false, Closeness::bits, 0, exact_floats, runner("reductions", reduction_probe, 32, 64)});
  // The order of the sums is fixed, so these are the same bits as well.
  all->push_back({"warp", "reductions", 80, false, Closeness::bits, 0, general_floats, runner("reductions", reduction_probe, 32, 64)});
  all->push_back({"atomics", "counters", 80, false, Closeness::bits, 0, words, runner("atomics", atomic_probe, 64, 70)});
  all->push_back({"barriers", "named", 80, false, Closeness::bits, 0, words, runner("named_barriers", named_barrier_probe, 128, 32)});
  all->push_back({"barriers", "mbarrier_phases", 90, false, Closeness::bits, 0, words, runner("mbarriers", mbarrier_probe, 64, 192)});
  all->push_back(
      {"cluster", "map_and_remote_arrival", 90, false, Closeness::bits, 0, words, runner("cluster", cluster_probe, 32, 4 * 34, 4, 4)});
}

}  // namespace oct::probes
