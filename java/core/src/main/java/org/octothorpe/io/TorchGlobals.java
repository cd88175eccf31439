package org.octothorpe.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.octothorpe.DType;

/**
 * The names of Python that a PyTorch file may call on, and what a call of each gives. No call runs
 * code of the file or of Python: dicts and tensors are made here, all else is {@link Inert}.
 */
final class TorchGlobals {
  private static final Set<String> DICTS =
      Set.of(
          "collections.OrderedDict",
          "collections.defaultdict",
          "collections.Counter",
          "builtins.dict",
          "__builtin__.dict");
  private static final Set<String> TENSORS =
      Set.of("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2");

  /** Calls whose first argument is the tensor, the rest what Python keeps beside it. */
  private static final Set<String> WRAPPED =
      Set.of(
          "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch.nn.parameter.Parameter",
          "torch.nn.parameter.Buffer");

  /** Calls of (function, type, arguments, state), which subclasses of tensors make. */
  private static final Set<String> TYPED =
      Set.of("torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2");

  private static final Map<String, DType> STORAGES =
      Map.ofEntries(
          Map.entry("torch.FloatStorage", DType.F32),
          Map.entry("torch.DoubleStorage", DType.F64),
          Map.entry("torch.HalfStorage", DType.F16),
          Map.entry("torch.BFloat16Storage", DType.BF16),
          Map.entry("torch.LongStorage", DType.I64),
          Map.entry("torch.IntStorage", DType.I32),
          Map.entry("torch.ShortStorage", DType.I16),
          Map.entry("torch.CharStorage", DType.I8),
          Map.entry("torch.ByteStorage", DType.U8),
          Map.entry("torch.BoolStorage", DType.BOOL));

  /** Bytes of an element of the storages whose tensors are not read. */
  private static final Map<String, Integer> OTHER_STORAGES =
      Map.of(
          "torch.storage.UntypedStorage", 1,
          "torch.UntypedStorage", 1,
          "torch.ComplexFloatStorage", 8,
          "torch.ComplexDoubleStorage", 16,
          "torch.QInt8Storage", 1,
          "torch.QUInt8Storage", 1,
          "torch.QInt32Storage", 4,
          "torch.QUInt4x2Storage", 1,
          "torch.QUInt2x4Storage", 1);

  /** More than any file has, and far from the limit of the arithmetic. */
  private static final long MAX_FILE_BYTES = 1L << 56;

  private TorchGlobals() {}

  /** A name that was looked up; whether a call of it gives more than {@link Inert} is seen then. */
  record Global(String name) {}

  /** A Python tuple. */
  record Tuple(List<Object> items) {}

  /**
   * A value of Python that is not read: what may stand beside weights, but cannot be weights.
   *
   * @param text its description, or the name of its class or of what made it
   * @param isName whether it is the name
   */
  record Inert(String text, boolean isName) {
    static final Inert BYTES = new Inert("bytes", false);
    static final Inert SET = new Inert("a set", false);

    /** Names it, for messages. */
    String what() {
      return isName ? "an object of '" + text + "'" : text;
    }
  }

  /**
   * Returns the global of a name.
   *
   * @throws IllegalArgumentException if it runs programs, evaluates code or opens files where
   *     Python loads it, so that the file is an attack
   */
  static Global find(String module, String name) {
    if (HarmfulGlobals.contains(module, name)) {
      throw new IllegalArgumentException(
          "it calls on '%s.%s', which runs programs or code, or opens files, where Python loads it;"
                  .formatted(module, name)
              + " no checkpoint needs that, so the file is not read");
    }
    return new Global(module + "." + name);
  }

  /** Calls a global. */
  static Object call(Global global, List<Object> arguments) {
    String name = global.name;
    if (DICTS.contains(name)) {
      return dict(arguments);
    }
    if (TENSORS.contains(name)) {
      return tensor(arguments);
    }
    if (WRAPPED.contains(name)
        && !arguments.isEmpty()
        && arguments.get(0) instanceof PickledTensor tensor) {
      return tensor;
    }
    if (TYPED.contains(name)
        && arguments.size() >= 3
        && arguments.get(0) instanceof Global function
        && arguments.get(2) instanceof Tuple tuple
        && !TYPED.contains(function.name)) {
      return call(function, tuple.items);
    }
    return new Inert(name, true);
  }

  /**
   * Returns what a persistent id names: ('storage', type, key, location, elements), or a class with
   * its source, ('module', class, file, source).
   */
  static Object persistent(Object id) {
    if (!(id instanceof Tuple tuple) || tuple.items.isEmpty()) {
      throw new IllegalArgumentException("a persistent id must be a tuple that starts 'storage'");
    }
    if ("module".equals(tuple.items.get(0))) {
      return argument(tuple.items, 1, Global.class, "the class of a module");
    }
    if ("storage".equals(tuple.items.get(0))) {
      return storage(tuple.items);
    }
    throw new IllegalArgumentException("a persistent id must be a tuple that starts 'storage'");
  }

  private static PickledTensor.Storage storage(List<Object> items) {
    Global type = argument(items, 1, Global.class, "the type of a storage");
    DType dtype = STORAGES.get(type.name);
    int elementBytes = dtype != null ? dtype.bytes() : OTHER_STORAGES.getOrDefault(type.name, 0);
    if (elementBytes == 0) {
      throw new IllegalArgumentException("'" + type.name + "' is not a type of storage");
    }
    if (items.size() > 5 && items.get(5) != Unpickler.NONE) {
      throw new IllegalArgumentException("storages that are views of others are not read");
    }
    String key = argument(items, 2, String.class, "the key of a storage");
    long elements = argument(items, 4, Long.class, "the size of a storage");
    PickledTensor.Storage storage =
        new PickledTensor.Storage(key, type.name, dtype, elementBytes, elements);
    if (elements < 0 || elements > MAX_FILE_BYTES / elementBytes) {
      throw new IllegalArgumentException(tooLarge(storage));
    }
    return storage;
  }

  private static String tooLarge(PickledTensor.Storage storage) {
    return String.format(
        Locale.ROOT,
        "storage '%s' has %d elements of '%s', must be 0 to %d",
        storage.key(),
        storage.elements(),
        storage.type(),
        Integer.MAX_VALUE / storage.elementBytes());
  }

  /**
   * Returns the dict of pairs, or a dict that is given; what makes default values is left aside. A
   * dict is not copied: nothing that is read can change it through another.
   */
  private static Map<?, ?> dict(List<Object> arguments) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    for (Object argument : arguments) {
      if (argument instanceof Map<?, ?> given) {
        return given;
      }
      if (argument instanceof List<?> pairs) {
        pairs.forEach(pair -> putPair(dict, pair));
      }
    }
    return dict;
  }

  private static void putPair(Map<Object, Object> dict, Object pair) {
    List<?> items =
        pair instanceof Tuple tuple ? tuple.items : pair instanceof List<?> list ? list : List.of();
    if (items.size() != 2) {
      throw new IllegalArgumentException("an item of an OrderedDict must be a pair");
    }
    Unpickler.put(dict, items.get(0), items.get(1));
  }

  private static Object tensor(List<Object> arguments) {
    PickledTensor.Storage storage =
        argument(arguments, 0, PickledTensor.Storage.class, "the storage of a tensor");
    DType dtype = storage.dtype();
    if (dtype == null) {
      return new Inert("a tensor of '" + storage.type() + "', which is not read", false);
    }
    if (storage.bytes() > Integer.MAX_VALUE) {
      return new Inert("a tensor that cannot be read: " + tooLarge(storage), false);
    }
    long offset = argument(arguments, 1, Long.class, "the offset of a tensor");
    int rank = argument(arguments, 2, Tuple.class, "the shape of a tensor").items.size();
    if (rank > PickledTensor.MAX_RANK) {
      return new Inert(
          String.format(
              Locale.ROOT, "a tensor of %d axes, must be at most %d", rank, PickledTensor.MAX_RANK),
          false);
    }
    List<Long> shape = integers(arguments, 2, "the shape of a tensor");
    List<Long> strides = integers(arguments, 3, "the strides of a tensor");
    try {
      return new PickledTensor(storage, dtype, offset, shape, strides);
    } catch (IllegalArgumentException e) {
      return new Inert("a tensor that cannot be read: " + e.getMessage(), false);
    }
  }

  private static List<Long> integers(List<Object> arguments, int index, String what) {
    List<Object> items = argument(arguments, index, Tuple.class, what).items;
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      values.add(argument(items, i, Long.class, "an extent or stride"));
    }
    return values;
  }

  private static <T> T argument(List<Object> arguments, int index, Class<T> type, String what) {
    if (index >= arguments.size() || !type.isInstance(arguments.get(index))) {
      throw new IllegalArgumentException(what + " is missing or of the wrong type");
    }
    return type.cast(arguments.get(index));
  }
}
