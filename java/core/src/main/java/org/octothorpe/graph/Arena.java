package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places slots in one block of memory so that those alive at the same time do not overlap.
 *
 * <p>Greedy by size: the largest slot first, each at the lowest offset that is free during its
 * whole life (Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference").
 * Offsets are multiples of 64 bytes.
 */
final class Arena {
  static final long ALIGNMENT = 64;

  private Arena() {}

  /**
   * Places the slots and returns the bytes of the block. Slots that are never touched get offset 0
   * and no room.
   */
  static long place(List<Slot> roots) {
    List<Slot> bySize = new ArrayList<>(roots);
    bySize.sort(Comparator.comparingLong(Slot::bytes).reversed());
    List<Slot> placed = new ArrayList<>();
    long total = ALIGNMENT;
    for (Slot slot : bySize) {
      long offset = 0;
      // `placed` is kept in the order of offsets, so the first gap that is large enough is the
      // lowest one.
      for (Slot other : placed) {
        boolean together = other.first() <= slot.last() && slot.first() <= other.last();
        if (!together) {
          continue;
        }
        if (other.offset() >= offset + aligned(slot.bytes())) {
          break;
        }
        offset = Math.max(offset, other.offset() + aligned(other.bytes()));
      }
      slot.place(offset);
      total = Math.max(total, offset + aligned(slot.bytes()));
      int index = 0;
      while (index < placed.size() && placed.get(index).offset() <= offset) {
        index++;
      }
      placed.add(index, slot);
    }
    return total;
  }

  static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
