package org.octothorpe.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.octothorpe.DType;

/** The few names of Python that a PyTorch state dict may call on, and what a call of each gives. */
final class TorchGlobals {
  static final String ORDERED_DICT = "collections.OrderedDict";
  private static final String TENSOR = "torch._utils._rebuild_tensor";
  private static final String TENSOR_V2 = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final Map<String, DType> STORAGES =
      Map.of(
          "torch.FloatStorage", DType.F32,
          "torch.DoubleStorage", DType.F64,
          "torch.HalfStorage", DType.F16,
          "torch.BFloat16Storage", DType.BF16,
          "torch.LongStorage", DType.I64,
          "torch.IntStorage", DType.I32,
          "torch.ByteStorage", DType.U8);

  private TorchGlobals() {}

  /** A name that was looked up and found allowed. */
  record Global(String name) {}

  /** A Python tuple. */
  record Tuple(List<Object> items) {}

  /**
   * Returns the global of a name.
   *
   * @throws IllegalArgumentException if a state dict has no use for it
   */
  static Global find(String module, String name) {
    String full = module + "." + name;
    if (STORAGES.containsKey(full)
        || List.of(ORDERED_DICT, TENSOR, TENSOR_V2, PARAMETER).contains(full)) {
      return new Global(full);
    }
    throw new IllegalArgumentException(
        "it calls on '" + full + "', which no state dict needs; only tensors in dicts are read");
  }

  /** Calls a global; only those of this class can be called. */
  static Object call(Global global, List<Object> arguments) {
    return switch (global.name) {
      case ORDERED_DICT -> orderedDict(arguments);
      case TENSOR, TENSOR_V2 -> tensor(arguments);
      case PARAMETER -> argument(arguments, 0, PickledTensor.class, "the tensor of a parameter");
      default -> throw new IllegalArgumentException("'" + global.name + "' cannot be called");
    };
  }

  /** Returns the storage that a persistent id names: ('storage', type, key, location, elements). */
  static PickledTensor.Storage storage(Object id) {
    if (!(id instanceof Tuple tuple)
        || !"storage".equals(tuple.items.isEmpty() ? "" : tuple.items.get(0))) {
      throw new IllegalArgumentException("a persistent id must be a tuple that starts 'storage'");
    }
    List<Object> items = tuple.items;
    Global type = argument(items, 1, Global.class, "the type of a storage");
    DType dtype = STORAGES.get(type.name);
    if (dtype == null) {
      throw new IllegalArgumentException("'" + type.name + "' is no type of storage");
    }
    if (items.size() > 5 && items.get(5) != Unpickler.NONE) {
      throw new IllegalArgumentException("storages that are views of others are not read");
    }
    String key = argument(items, 2, String.class, "the key of a storage");
    long elements = argument(items, 4, Long.class, "the size of a storage");
    if (elements < 0 || elements > Integer.MAX_VALUE / dtype.bytes()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "storage '%s' has %d elements of %s, must be 0 to %d",
              key,
              elements,
              dtype,
              Integer.MAX_VALUE / dtype.bytes()));
    }
    return new PickledTensor.Storage(key, dtype, elements);
  }

  private static Map<Object, Object> orderedDict(List<Object> arguments) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (arguments.isEmpty()) {
      return dict;
    }
    for (Object pair : argument(arguments, 0, List.class, "the items of an OrderedDict")) {
      List<?> items =
          pair instanceof Tuple tuple
              ? tuple.items
              : pair instanceof List<?> list ? list : List.of();
      if (items.size() != 2) {
        throw new IllegalArgumentException("an item of an OrderedDict must be a pair");
      }
      Unpickler.put(dict, items.get(0), items.get(1));
    }
    return dict;
  }

  private static PickledTensor tensor(List<Object> arguments) {
    return new PickledTensor(
        argument(arguments, 0, PickledTensor.Storage.class, "the storage of a tensor"),
        argument(arguments, 1, Long.class, "the offset of a tensor"),
        integers(argument(arguments, 2, Tuple.class, "the shape of a tensor")),
        integers(argument(arguments, 3, Tuple.class, "the strides of a tensor")));
  }

  private static List<Long> integers(Tuple tuple) {
    List<Long> values = new ArrayList<>();
    for (int i = 0; i < tuple.items.size(); i++) {
      values.add(argument(tuple.items, i, Long.class, "an extent or stride"));
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
