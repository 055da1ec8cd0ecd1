namespace HalfOpen.Simulation.Randomness;

/// <summary>
/// A logarithm from additions, multiplications and divisions only. The C library's differs in the last bit from machine
/// to machine, and one bit is enough to make two runs of a seed part ways.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.693147180559945309417232121458;

    /// <summary>Natural logarithm of a positive, normal number; relative error below 1e-14.</summary>
    public static double Ln(double x)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(x);
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | (1023L << 52)); // [1, 2)
        if (m > 1.4142135623730951)
        {
            m /= 2;
            exponent++;
        }

        // ln m = 2 artanh z with z = (m-1)/(m+1), |z| < 0.172: ten terms leave less than 1e-17.
        var z = (m - 1) / (m + 1);
        var square = z * z;
        var sum = 0.0;
        for (var k = 21; k >= 1; k -= 2)
        {
            sum = (sum * square) + (1.0 / k);
        }

        return (exponent * Ln2) + (2 * z * sum);
    }
}
