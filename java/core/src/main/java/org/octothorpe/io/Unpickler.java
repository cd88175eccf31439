package org.octothorpe.io;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The part of Python's pickle machine that PyTorch state dicts use, protocols 2 to 5; all else is
 * refused by name.
 *
 * <p>Values: String, Long, BigInteger, Double, Boolean, {@link #NONE}, {@link TorchGlobals.Tuple},
 * List, Map with keys of String or Long, {@link TorchGlobals.Global}, {@link PickledTensor} and its
 * Storage. No code of the file runs. A byte of the file makes at most one value, and there is a cap
 * on values, so a small file cannot ask for much memory.
 */
final class Unpickler {
  /** Python's None. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  private static final int MAX_VALUES = 1 << 20;
  private static final int MAX_STRING = 1 << 20;
  private static final int MAX_NAME = 256;
  private static final int MAX_INTEGER_BYTES = 16;
  private static final int MAX_PROTOCOL = 5;

  private final Path file;
  private final ByteBuffer input;
  private final ArrayList<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private final Map<String, PickledTensor.Storage> storages = new LinkedHashMap<>();
  private int values;

  /** Prepares to read one pickle from the buffer's position. */
  Unpickler(Path file, ByteBuffer input) {
    this.file = file;
    this.input = input.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads the pickle and moves the buffer past it.
   *
   * @throws CorruptFileException if it is damaged or needs more than a state dict does
   */
  Object read() throws IOException {
    int at = input.position();
    try {
      while (true) {
        at = input.position();
        int opcode = unsigned8();
        if (opcode == '.') {
          return pop();
        }
        step(opcode);
      }
    } catch (BufferUnderflowException e) {
      throw new CorruptFileException(file, "truncated pickle: it ends inside an operation", e);
    } catch (IllegalArgumentException e) {
      throw new CorruptFileException(
          file, String.format(Locale.ROOT, "pickle at byte %d: %s", at, e.getMessage()), e);
    }
  }

  /** Returns the storages that were named, by key; of several sizes the last. */
  Map<String, PickledTensor.Storage> storages() {
    return storages;
  }

  /** Puts an item; keys are texts or integers, so that no key's hash walks a structure. */
  static void put(Map<Object, Object> dict, Object key, Object value) {
    if (!(key instanceof String) && !(key instanceof Long)) {
      throw new IllegalArgumentException("a key must be a text or an integer");
    }
    dict.put(key, value);
  }

  private void step(int opcode) {
    switch (opcode) {
      case 0x80 -> protocol(unsigned8()); // PROTO
      case 0x95 -> bounded(input.getLong(), Integer.MAX_VALUE, "frame"); // FRAME
      case '(' -> marks.push(stack.size());
      case '}' -> push(new LinkedHashMap<>());
      case ']' -> push(new ArrayList<>());
      case ')' -> push(new TorchGlobals.Tuple(List.of()));
      case 't' -> push(new TorchGlobals.Tuple(popToMark()));
      case 0x85, 0x86, 0x87 -> push(new TorchGlobals.Tuple(popLast(opcode - 0x84))); // TUPLE1 to 3
      case 'q' -> memo.put((long) unsigned8(), top());
      case 'r' -> memo.put(unsigned32(), top());
      case 0x94 -> memo.put((long) memo.size(), top()); // MEMOIZE
      case 'h' -> push(remembered(unsigned8()));
      case 'j' -> push(remembered(unsigned32()));
      case 'c' -> push(TorchGlobals.find(line(), line()));
      case 0x93 -> stackGlobal();
      case 'X' -> push(text(unsigned32()));
      case 0x8c, 'U' -> push(text(unsigned8())); // SHORT_BINUNICODE, SHORT_BINSTRING
      case 'T' -> push(text(input.getInt())); // BINSTRING
      case 'K' -> push((long) unsigned8());
      case 'M' -> push((long) (input.getShort() & 0xffff));
      case 'J' -> push((long) input.getInt());
      case 0x8a -> push(integer(unsigned8())); // LONG1
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(input.getLong())));
      case 'N' -> push(NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 's' -> setItems(popLast(2));
      case 'u' -> setItems(popToMark());
      case 'a' -> append(popLast(1));
      case 'e' -> append(popToMark());
      case 'R' -> reduce();
      case 'b' -> build();
      case 'Q' -> storage();
      default ->
          throw new IllegalArgumentException(
              String.format(Locale.ROOT, "operation 0x%02x, which no state dict needs", opcode));
    }
  }

  private void reduce() {
    Object arguments = pop();
    Object called = pop();
    if (!(called instanceof TorchGlobals.Global global)
        || !(arguments instanceof TorchGlobals.Tuple tuple)) {
      throw new IllegalArgumentException("a call needs a name and a tuple of arguments");
    }
    push(TorchGlobals.call(global, tuple.items()));
  }

  /** Attributes of a dict, such as the version numbers in its {@code _metadata}, are read over. */
  private void build() {
    pop();
    if (!(top() instanceof Map)) {
      throw new IllegalArgumentException("only dicts have attributes that may be read over");
    }
  }

  private void storage() {
    PickledTensor.Storage storage = TorchGlobals.storage(pop());
    storages.put(storage.key(), storage);
    push(storage);
  }

  private void stackGlobal() {
    if (!(pop() instanceof String name) || !(pop() instanceof String module)) {
      throw new IllegalArgumentException("a global's module and name must be texts");
    }
    push(TorchGlobals.find(module, name));
  }

  private void setItems(List<Object> items) {
    if (!(top() instanceof Map<?, ?> dict) || items.size() % 2 != 0) {
      throw new IllegalArgumentException("items must come in pairs, for a dict");
    }
    @SuppressWarnings("unchecked") // all maps on the stack are made here
    Map<Object, Object> target = (Map<Object, Object>) dict;
    for (int i = 0; i < items.size(); i += 2) {
      put(target, items.get(i), items.get(i + 1));
    }
  }

  private void append(List<Object> items) {
    if (!(top() instanceof List<?> list)) {
      throw new IllegalArgumentException("only a list can be appended to");
    }
    @SuppressWarnings("unchecked") // all lists on the stack are made here
    List<Object> target = (List<Object>) list;
    target.addAll(items);
  }

  private void push(Object value) {
    if (++values > MAX_VALUES) {
      throw new IllegalArgumentException("more than " + MAX_VALUES + " values");
    }
    stack.add(value);
  }

  private Object top() {
    if (stack.size() <= floor()) {
      throw new IllegalArgumentException("the stack is empty");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    Object value = top();
    stack.remove(stack.size() - 1);
    return value;
  }

  private List<Object> popToMark() {
    if (marks.isEmpty()) {
      throw new IllegalArgumentException("there is no mark");
    }
    return popFrom(marks.pop());
  }

  private List<Object> popLast(int count) {
    if (stack.size() - count < floor()) {
      throw new IllegalArgumentException("the stack has less than " + count + " values");
    }
    return popFrom(stack.size() - count);
  }

  private List<Object> popFrom(int begin) {
    List<Object> tail = stack.subList(begin, stack.size());
    List<Object> items = new ArrayList<>(tail);
    tail.clear();
    return items;
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.element();
  }

  private Object remembered(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw new IllegalArgumentException("memo " + index + " is empty");
    }
    return value;
  }

  private static void protocol(int version) {
    if (version > MAX_PROTOCOL) {
      throw new IllegalArgumentException(
          "pickle protocol " + version + ", must be at most " + MAX_PROTOCOL);
    }
  }

  private String text(long length) {
    byte[] bytes = new byte[bounded(length, MAX_STRING, "text")];
    input.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (char c = (char) unsigned8(); c != '\n'; c = (char) unsigned8()) {
      if (line.append(c).length() > MAX_NAME) {
        throw new IllegalArgumentException("a name has more than " + MAX_NAME + " bytes");
      }
    }
    return line.toString();
  }

  private Object integer(int length) {
    byte[] bytes = new byte[bounded(length, MAX_INTEGER_BYTES, "integer")];
    for (int i = length - 1; i >= 0; i--) { // BigInteger wants the highest byte first
      bytes[i] = input.get();
    }
    BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private int bounded(long length, int most, String what) {
    if (length < 0 || length > most || length > input.remaining()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s of %d bytes, must be at most %d and inside the file (%d left)",
              what,
              length,
              most,
              input.remaining()));
    }
    return (int) length;
  }

  private int unsigned8() {
    return input.get() & 0xff;
  }

  private long unsigned32() {
    return input.getInt() & 0xffffffffL;
  }
}
