using System.Text;
using ILGPU.Runtime.Cuda;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>What CUDA's driver says when it translates PTX, in full: ILGPU keeps the first 1,024 bytes of its errors and none of its notes.</summary>
internal static unsafe class CudaJit
{
    // Numbers of cuda.h, CUjit_option.
    private const int InfoLog = 3, InfoLogBytes = 4, ErrorLog = 5, ErrorLogBytes = 6, Verbose = 12;

    private const int Bytes = 1 << 16;

    /// <summary>Has the driver translate a text, lets go of what comes out, and gives its words: of each function the registers and spills, or why it refuses.</summary>
    /// <param name="accelerator">The device.</param>
    /// <param name="ptx">The text, as it is loaded.</param>
    public static string Log(CudaAccelerator accelerator, string ptx)
    {
        accelerator.Bind();
        byte[] text = [.. Encoding.ASCII.GetBytes(ptx), 0], info = new byte[Bytes], errors = new byte[Bytes];
        int error;
        fixed (byte* code = text, notes = info, refusals = errors)
        {
            int* options = stackalloc int[] { InfoLog, InfoLogBytes, ErrorLog, ErrorLogBytes, Verbose };
            nint* values = stackalloc nint[] { (nint)notes, Bytes, (nint)refusals, Bytes, 1 };
            error = CudaDriver.LoadModule(out nint module, code, 5, options, values);
            if (error == 0)
            {
                _ = CudaDriver.UnloadModule(module);
            }
        }

        string said = string.Join("; ", new[] { Text(errors), Text(info) }.Where(part => part.Length > 0));
        return error == 0 ? said : $"CUDA's error {error}{(said.Length > 0 ? $": {said}" : "")}";
    }

    // One line, whatever the driver's were.
    private static string Text(byte[] log) =>
        string.Join("; ", Encoding.ASCII.GetString(log).Split(['\n', '\r', '\0'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
