# The Java files of a new operation, and its page. Variables: see new_op in new_op.sh.

write_java_operation() {
  local pass
  {
    printf 'package org.octothorpe.ops;\n\nimport com.google.errorprone.annotations.CheckReturnValue;\nimport org.octothorpe.Call;\nimport org.octothorpe.Tensor;\n'
    for pass in "${passes[@]}"; do describe_pass "$pass" && echo "import org.octothorpe.bindings.oct_${function}_args;"; done | sort
    cat <<END
import org.octothorpe.bindings.octothorpe;

/** FILL IN: what the operation is; shapes and types. */
@CheckReturnValue
public final class $camel {
  private $camel() {}
END
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      cat <<END

  /** FILL IN: $out from $in; what may be what. */
  public static Call $java_pass(Tensor $in, Tensor $out) {
    return NativeCall.<oct_${function}_args>prepare(
        "$function",
        octothorpe::oct_${function}_prepare,
        new oct_${function}_args(),
        $in,
        $out);
  }
END
    done
    echo '}'
  } | put "java/core/src/main/java/org/octothorpe/ops/$camel.java"
}

write_node() {
  put "java/core/src/main/java/org/octothorpe/graph/${camel}Node.java" <<END
package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.ops.$camel;

/** FILL IN: what the node is. */
record ${camel}Node(String name, Value x, Value output) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    e.step(name, $camel.forward(in.tensor, out.tensor), List.of(in), List.of(out));
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    Slot dx = e.gradientOf(x, null);
    if (dx != null) {
      e.step(name + " dx", $camel.backward(dy.tensor, dx.tensor), List.of(dy), List.of(dx));
    }
  }
}
END
}

# The method of Graph that appends the node, behind the other ones. Returns 1, and says so, where their end is not found.
write_builder() {
  local graph=$root/java/core/src/main/java/org/octothorpe/graph/Graph.java anchor='^  // New builders: above this line'
  grep -qE "$anchor" "$graph" || {
    say "Graph.java has no line '// New builders: above this line': add the method $method there by hand"
    return 1
  }
  awk -v anchor="$anchor" -v camel="$camel" -v method="$method" '
    $0 ~ anchor {
      print "  /** Appends FILL IN; x [N,H,W,C]. */"
      print "  public Value " method "(String name, Value x) {"
      print "    requireRank(name, x, 4);"
      print "    return append(new " camel "Node(name, x, newValue(name, x.shape())));"
      print "  }"
      print ""
    }
    { print }' "$graph" >"$graph.new"
  mv "$graph.new" "$graph"
}

write_benchmark() {
  local pass
  {
    cat <<END
package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.$camel;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** FILL IN: what is measured, and how often memory is read and written. */
@NullUnmarked
public class ${camel}Bench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC. */
  @Param("1x56x56x256")
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  /** Type of the activations. */
  @Param({"F32", "BF16"})
  public DType dtype;

END
    for pass in "${passes[@]}"; do describe_pass "$pass" && echo "  private Call $java_pass;"; done
    cat <<'END'

  @Override
  protected void prepare() {
    long[] extents = batch(images, shape);
    Tensor x = random(dtype, extents);
    Tensor y = random(dtype, extents);
END
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      if [[ $in == x ]]; then echo "    $java_pass = ready($camel.$java_pass(x, y));"; else echo "    $java_pass = ready($camel.$java_pass(y, x));"; fi
    done
    echo '  }'
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      printf '\n  /** FILL IN: %s from %s. */\n  @Benchmark\n  public void %s() {\n    %s.run();\n  }\n' "$out" "$in" "$java_pass" "$java_pass"
    done
    echo '}'
  } | put "bench/src/main/java/org/octothorpe/bench/${camel}Bench.java"
}

write_page() {
  local pass row
  {
    printf '# %s\nFILL IN: what it is, in one sentence.\n\n## What it computes\n' "$stem"
    for pass in "${passes[@]}"; do describe_pass "$pass" && echo "* \`$function\`: FILL IN the formula"; done
    printf '\n## Arguments\n| operation | name | shape | type | |\n|---|---|---|---|---|\n'
    for pass in "${passes[@]}"; do
      describe_pass "$pass"
      printf '| %s | `%s` | [N,H,W,C] | F32 or BF16 | read |\n| | `%s` | as `%s` | as `%s` | overwritten |\n' "${pass:-$stem}" "$in" "$out" "$in" "$in"
    done
    cat <<END

**In place.** FILL IN.

## Numerics
FILL IN: the type and the order of the sums; what is bitwise equal, on which devices.

## Devices
* **cpu**: FILL IN, in two sentences.
* **cuda, emulated**: FILL IN: the variants in the order in which they are asked, and their limits; or the one kernel.

## Bound
FILL IN: bytes and FLOPs, and which of them binds.

## Where it is
| | |
|---|---|
END
    local what=(contract checks 'CPU kernel' 'CUDA kernels' Java 'contract test' shapes benchmark) i=0 file
    while IFS= read -r file; do
      case $file in
        docs/*) ;;
        *Node.java) echo "| graph | [$file](../../$file), \`Graph.$method\` |" ;;
        *) echo "| ${what[i++]} | [$file](../../$file) |" ;;
      esac
    done < <(new_op_files)
  } | put "docs/operations/$stem.md"
}
