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
 * Python's pickle machine, protocols 1 to 5, without what makes it dangerous: no code of the file
 * runs.
 *
 * <p>Values: String, Long, BigInteger, Double, Boolean, {@link #NONE}, {@link TorchGlobals.Tuple},
 * List, Map, {@link TorchGlobals.Global}, {@link PickledTensor} and its Storage; objects of all
 * other classes are {@link TorchGlobals.Inert}. A byte of the file makes at most one value, and
 * there is a cap on values, so a small file cannot ask for much memory.
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

  private static final int MAX_VALUES = 1 << 22;
  private static final int MAX_NAME = 256;
  private static final int MAX_INTEGER_BYTES = 4096;
  private static final int MAX_PROTOCOL = 5;

  private final Path file;
  private final ByteBuffer input;
  private final ArrayList<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private final Map<String, PickledTensor.Storage> storages = new LinkedHashMap<>();
  private int values;
  private long copied;

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

  /**
   * Puts an item. A key that is neither a text nor an integer leads to nothing that is read, so it
   * stands for itself alone, and no key's hash walks a structure.
   */
  static void put(Map<Object, Object> dict, Object key, Object value) {
    dict.put(key instanceof String || key instanceof Long ? key : new OtherKey(), value);
  }

  /** A key of a dict that is neither a text nor an integer; equal to itself alone. */
  private static final class OtherKey {
    @Override
    public String toString() {
      return "a key that is not a text";
    }
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
      case 0x8d -> push(text(input.getLong())); // BINUNICODE8
      case 0x8c, 'U' -> push(text(unsigned8())); // SHORT_BINUNICODE, SHORT_BINSTRING
      case 'T' -> push(text(input.getInt())); // BINSTRING
      case 'B' -> pushBytes(unsigned32());
      case 'C' -> pushBytes(unsigned8());
      case 0x8e, 0x96 -> pushBytes(input.getLong()); // BINBYTES8, BYTEARRAY8
      case 'K' -> push((long) unsigned8());
      case 'M' -> push((long) (input.getShort() & 0xffff));
      case 'J' -> push((long) input.getInt());
      case 'I', 'L' -> push(decimal(line()));
      case 'F' -> push(real(line()));
      case 0x8a -> push(integer(unsigned8())); // LONG1
      case 0x8b -> push(integer(input.getInt())); // LONG4
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(input.getLong())));
      case 'N' -> push(NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 0x8f -> push(TorchGlobals.Inert.SET); // EMPTY_SET
      case 0x90 -> addItems(popToMark()); // ADDITEMS
      case 0x91 -> { // FROZENSET
        popToMark();
        push(TorchGlobals.Inert.SET);
      }
      case 'd' -> pushDict(popToMark());
      case 'l' -> push(new ArrayList<>(popToMark()));
      case '0' -> pop();
      case '1' -> popToMark();
      case '2' -> push(top());
      case 's' -> setItems(popLast(2));
      case 'u' -> setItems(popToMark());
      case 'a' -> append(popLast(1));
      case 'e' -> append(popToMark());
      case 'R', 0x81 -> call(popLast(2)); // REDUCE, NEWOBJ
      case 0x92 -> call(popLast(3)); // NEWOBJ_EX
      case 'b' -> build();
      case 'Q' -> persistent();
      default ->
          throw new IllegalArgumentException(
              String.format(Locale.ROOT, "operation 0x%02x, which no checkpoint needs", opcode));
    }
  }

  /** Calls a function or makes an object of a class; keyword arguments are left aside. */
  private void call(List<Object> operands) {
    Object called = operands.get(0);
    if (!(operands.get(1) instanceof TorchGlobals.Tuple tuple)) {
      throw new IllegalArgumentException("a call needs a tuple of arguments");
    }
    if (called instanceof TorchGlobals.Global global) {
      Object made = TorchGlobals.call(global, tuple.items());
      if (made instanceof Map<?, ?> dict) {
        made(dict.size());
      }
      push(made);
    } else if (called instanceof TorchGlobals.Inert) {
      push(called);
    } else {
      throw new IllegalArgumentException("a call needs a function or a class");
    }
  }

  /** A list of pairs may be remembered and made a dict again and again. */
  private void made(int items) {
    copied += items;
    if (copied > input.limit()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "dicts of %d items, more than the %d bytes can hold",
              copied,
              input.limit()));
    }
  }

  /** Attributes, such as the version numbers in a dict's {@code _metadata}, are left aside. */
  private void build() {
    pop();
    if (!isObject(top())) {
      throw new IllegalArgumentException("only objects have attributes");
    }
  }

  private static boolean isObject(Object value) {
    return value instanceof Map
        || value instanceof List
        || value instanceof PickledTensor
        || value instanceof TorchGlobals.Inert
        || value instanceof TorchGlobals.Global;
  }

  private void persistent() {
    Object value = TorchGlobals.persistent(pop());
    if (value instanceof PickledTensor.Storage storage) {
      storages.put(storage.key(), storage);
    }
    push(value);
  }

  private void stackGlobal() {
    if (!(pop() instanceof String name) || !(pop() instanceof String module)) {
      throw new IllegalArgumentException("a global's module and name must be texts");
    }
    push(TorchGlobals.find(module, name));
  }

  private void setItems(List<Object> items) {
    if (top() instanceof TorchGlobals.Inert && items.size() % 2 == 0) {
      return; // of a class of dicts
    }
    if (!(top() instanceof Map<?, ?> dict) || items.size() % 2 != 0) {
      throw new IllegalArgumentException("items must come in pairs, for a dict");
    }
    @SuppressWarnings("unchecked") // all maps on the stack are made here
    Map<Object, Object> target = (Map<Object, Object>) dict;
    for (int i = 0; i < items.size(); i += 2) {
      put(target, items.get(i), items.get(i + 1));
    }
  }

  private void pushDict(List<Object> items) {
    push(new LinkedHashMap<>());
    setItems(items);
  }

  private void addItems(List<Object> items) {
    if (!(top() instanceof TorchGlobals.Inert)) {
      throw new IllegalArgumentException(items.size() + " items, for a value that is not a set");
    }
  }

  private void append(List<Object> items) {
    if (top() instanceof TorchGlobals.Inert) {
      return; // of a class of lists
    }
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
    byte[] bytes = new byte[bounded(length, Integer.MAX_VALUE, "text")];
    input.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Bytes are never needed, so they are not copied. */
  private void pushBytes(long length) {
    input.position(input.position() + bounded(length, Integer.MAX_VALUE, "bytes"));
    push(TorchGlobals.Inert.BYTES);
  }

  private static Object decimal(String digits) {
    if (digits.equals("00") || digits.equals("01")) {
      return digits.equals("01"); // how protocol 1 writes truth values
    }
    if (!digits.matches("-?[0-9]{1,255}L?")) {
      throw new IllegalArgumentException("'" + digits + "' is not an integer");
    }
    return narrow(new BigInteger(digits.replace("L", "")));
  }

  private static Object real(String digits) {
    if (!digits.matches("-?([0-9.]+(e[-+]?[0-9]{1,9})?|inf|nan)")) {
      throw new IllegalArgumentException("'" + digits + "' is not a number");
    }
    return new TorchGlobals.Inert(digits, false);
  }

  private static Object narrow(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
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

  private Object integer(int size) {
    int length = bounded(size, MAX_INTEGER_BYTES, "integer");
    byte[] bytes = new byte[length];
    for (int i = length - 1; i >= 0; i--) { // BigInteger wants the highest byte first
      bytes[i] = input.get();
    }
    BigInteger value = length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
    return narrow(value);
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
